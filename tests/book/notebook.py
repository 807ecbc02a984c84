"""Runs a notebook on Deno's kernel; prints what its cells printed, as JSON.

python3 notebook.py FILE: needs nbformat and jupyter_client, and a kernel named
deno.

nbclient is not used: it leaves out what arrives after the message that a cell
has ended. Deno's kernel (2.9) sends output on the side, so on a busy machine it
comes later than that. Here each output goes to the cell that it names.
"""

import json
import sys

import nbformat
from jupyter_client.manager import start_new_kernel

seconds = 120
last = "that was all"

book = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(book)
cells = [cell for cell in book.cells if cell.cell_type == "code"]
# Each check starts a Deno; one is enough to see that checks work here.
checks = [cell for cell in cells if cell.source.startswith("await check(")]
cells = [cell for cell in cells if cell not in checks[1:]]


def told(kind, content):
    if kind == "error":
        return "error: " + content["evalue"]
    if kind == "stream":
        return content["text"]
    if kind in ("execute_result", "display_data"):
        return str(content["data"].get("text/plain", ""))
    return ""


manager, client = start_new_kernel(startup_timeout=seconds, kernel_name="deno")
try:
    printed = {}

    def run(code, until):
        """Sends code, and reads messages until one is what is waited for."""
        own = client.execute(code)
        printed[own] = ""
        while True:
            message = client.get_iopub_msg(timeout=seconds)
            parent = message["parent_header"].get("msg_id")
            kind, content = message["msg_type"], message["content"]
            if parent in printed:
                printed[parent] += told(kind, content)
            if until(own, parent, kind, content):
                return own

    def has_ended(own, parent, kind, content):
        return (
            parent == own
            and kind == "status"
            and content["execution_state"] == "idle"
        )

    ids = [run(cell.source, has_ended) for cell in cells]
    # Output keeps its order: behind this, nothing is on its way.
    run(
        f"await Deno.jupyter.broadcast('stream', {{ name: 'stdout', text: '{last}' }})",
        lambda own, parent, kind, content: told(kind, content) == last,
    )
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)

told_cells = [
    {
        "source": cell.source,
        "recorded": "".join(o["text"] for o in cell.get("outputs", [])),
        "printed": printed[ids[i]],
    }
    for i, cell in enumerate(cells)
]
print("\u0001" + json.dumps(told_cells))

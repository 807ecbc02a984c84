"""Runs a notebook on Deno's kernel; prints what its cells printed, as JSON.

python3 notebook.py FILE: needs nbformat and nbclient, and a kernel named deno.
"""

import json
import sys

import nbformat
from nbclient import NotebookClient

book = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(book)
# Each check starts a Deno; one is enough to see that checks work here.
checks = [c for c in book.cells if c.source.startswith("await check(")]
book.cells = [c for c in book.cells if c not in checks[1:]]
recorded = ["".join(o["text"] for o in c.get("outputs", [])) for c in book.cells]
NotebookClient(
    book, timeout=120, kernel_name="deno", allow_errors=True
).execute()


def told(output):
    if output.output_type == "error":
        return "error: " + output.evalue
    if output.output_type == "stream":
        return output.text
    return str(output.data.get("text/plain", ""))


cells = [
    {
        "source": cell.source,
        "recorded": recorded[i],
        "printed": "".join(told(output) for output in cell.get("outputs", [])),
    }
    for i, cell in enumerate(book.cells)
    if cell.cell_type == "code"
]
print("\u0001" + json.dumps(cells))

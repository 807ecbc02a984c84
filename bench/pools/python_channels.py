"""Python's multiprocessing.Queue and Pipe, for channel_bench.ts.

Reads what to do, a line each: "queue 100" puts items into a queue of that
capacity (0 has no limit) until another process has taken them, "pipe" sends
messages there and back. How many is in the arguments. Says when it is done.
"""

import multiprocessing
import sys


def consume(queue, counted, items):
    while True:
        for _ in range(items):
            queue.get()
        counted.send(items)


def echo(end):
    while True:
        end.send(end.recv())


def start(target, *args):
    multiprocessing.Process(target=target, args=args, daemon=True).start()


def main():
    items, trips = map(int, sys.argv[1:])
    here, there = multiprocessing.Pipe()
    start(echo, there)
    queues = {}
    for capacity in (0, 100):
        queue = multiprocessing.Queue(capacity)
        counted, counting = multiprocessing.Pipe()
        start(consume, queue, counting, items)
        queues[capacity] = queue, counted
    for line in sys.stdin:
        what, *rest = line.split()
        if what == "queue":
            queue, counted = queues[int(rest[0])]
            for i in range(items):
                queue.put(i)
            counted.recv()
        else:
            for i in range(trips):
                here.send(i)
                here.recv()
        print("done", flush=True)


if __name__ == "__main__":
    main()

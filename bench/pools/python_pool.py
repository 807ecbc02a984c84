"""Python's multiprocessing.Pool: the tasks, the faults and the measurements.

Says on its output the same as fault_program.mjs and bench_program.mjs do.
"""

import asyncio
import itertools
import json
import multiprocessing
import os
import signal
import sys
import threading
import time

try:
    import resource
except ImportError:  # Windows
    resource = None

PATIENCE = 3


def tell(fact):
    print("\n@@" + json.dumps(fact), flush=True)


# Tasks


class InsufficientFunds(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.missing = 5


def square(x):
    return x * x


def sum_of_squares(n):
    return sum(i * i for i in range(n))


def occupy(ms):
    start = time.time()
    time.sleep(ms / 1000)
    return start, time.time()


def pid(ms):
    time.sleep(ms / 1000)
    return os.getpid()


def throws_subclass(_):
    raise InsufficientFunds("not enough") from ValueError("why")


def throws_group(_):
    raise ExceptionGroup("both failed", [TypeError("first"), ValueError("second")])


def returns_function(_):
    return {"items": [1, 2, 3, {"f": lambda: 0}]}


def throws_function(_):
    raise ValueError({"items": [1, 2, 3, {"f": lambda: 0}]})


def exits(_):
    os._exit(3)


def closes_itself(_):
    sys.exit()


def throws_later(_):
    def throw():
        raise ValueError("thrown later")

    threading.Timer(0.05, throw).start()
    time.sleep(0.5)
    return "done"


def rejects_unhandled(_):
    async def fail():
        raise ValueError("nobody handles this")

    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.5)
        return "done"

    return asyncio.run(main())


def limit_memory():
    limit = 1 << 30
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def uses_up_memory(_):
    everything = []
    while True:
        everything.append([len(everything)] * 10_000)


def recurses(n):
    return recurses(n) + 1


def loops(_):
    while True:
        pass


def opens_pool(_):
    with multiprocessing.Pool(2) as pool:
        return pool.apply(square, (7,))


# Faults


def outcome_of(result, limit=PATIENCE):
    """How an AsyncResult ends: ("gave", value), ("threw", error), ("hangs", None)."""
    try:
        return "gave", result.get(limit)
    except multiprocessing.TimeoutError:
        return "hangs", None
    except BaseException as error:
        return "threw", error


def in_thread(call, limit=PATIENCE):
    """How a call ends that has no limit of its own."""
    outcome = []

    def run():
        try:
            outcome.append(("gave", call()))
        except BaseException as error:
            outcome.append(("threw", error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit)
    return outcome[0] if outcome else ("hangs", None)


def of_failure(outcome):
    how, value = outcome
    if how == "hangs":
        return "hangs"
    return "wrong success" if how == "gave" else type(value).__name__


def parts_of(error):
    parts = {
        "class": type(error).__name__,
        "message": str(error),
        "fields": vars(error),
    }
    if error.__cause__ is not None:
        parts["cause"] = parts_of(error.__cause__)
    if isinstance(error, ExceptionGroup):
        parts["errors"] = [parts_of(inner) for inner in error.exceptions]
    return parts


def throws_same(pool, task):
    how, received = outcome = outcome_of(pool.apply_async(task, (None,)))
    if how != "threw":
        return of_failure(outcome)
    try:
        task(None)
    except BaseException as error:
        original = parts_of(error)
    found = parts_of(received)
    lost = [part for part in original if original[part] != found.get(part)]
    return "loses " + ", ".join(lost) if lost else "the same error"


def names_part(pool, task):
    how, error = outcome = outcome_of(pool.apply_async(task, (None,)))
    if how != "threw":
        return of_failure(outcome)
    text = str(error)
    if "items" in text and "'f'" in text and "3" in text.split("Reason")[-1]:
        return "says what and where"
    return "says what" if "pickle" in text else type(error).__name__


def fails_alone(pool, task):
    other = pool.apply_async(occupy, (1000,))
    how, value = outcome = outcome_of(pool.apply_async(task, (None,)))
    beside = "" if outcome_of(other, PATIENCE + 1)[0] == "gave" else ", others fail too"
    saw = "unnoticed" if value == "done" else of_failure(outcome)
    return saw + beside


def is_killed(pool):
    first = [pool.apply_async(pid, (300,)) for _ in range(2)]
    victim = first[0].get()
    first[1].get()
    both = [pool.apply_async(pid, (1000,)) for _ in range(2)]
    time.sleep(0.3)
    os.kill(victim, signal.SIGKILL)
    failed = [o for o in map(outcome_of, both) if o[0] != "gave"]
    if not failed:
        return "done anyway"
    return of_failure(failed[0]) + (", others fail too" if len(failed) > 1 else "")


def loop_times_out(pool):
    result = pool.apply_async(loops, (None,))
    return of_failure(in_thread(lambda: result.get(0.5)))


def input_throws(pool):
    def numbers():
        yield 1
        yield 2
        raise ValueError("the input broke")

    how, error = outcome = in_thread(lambda: pool.map(square, numbers()))
    same = how == "threw" and isinstance(error, ValueError)
    return "the same error" if same else of_failure(outcome)


def endless_input(pool):
    taken = itertools.count()
    last = 0

    def numbers():
        nonlocal last
        for last in taken:
            # So slowly that the machine survives it.
            time.sleep(0.0001)
            yield last

    def take():
        total = 0
        for result in pool.imap(square, numbers()):
            time.sleep(0.05)
            total += result
            if result == 81:
                return total

    outcome = in_thread(take)
    if outcome[0] != "gave":
        return of_failure(outcome)
    return "taken lazily" if last < 100 else "reads far ahead"


def terminates(pool):
    calls = [pool.apply_async(time.sleep, (600,)) for _ in range(10_000)]
    time.sleep(0.5)
    end = in_thread(pool.terminate)[0]
    deadline = time.time() + PATIENCE
    outcomes = [outcome_of(call, max(0, deadline - time.time())) for call in calls]
    hanging = sum(how == "hangs" for how, _ in outcomes)
    if hanging:
        return "all hang" if hanging == len(calls) else f"{hanging} hang"
    return "all reject" if end == "gave" else "all reject, end hangs"


def pool_inside(pool):
    how, value = outcome = outcome_of(pool.apply_async(opens_pool, (None,)))
    return "works" if how == "gave" and value == 49 else of_failure(outcome)


def program_killed(pool, task, argument):
    calls = [pool.apply_async(pid, (300,)) for _ in range(2)]
    pids = [call.get() for call in calls]
    for _ in pids:
        pool.apply_async(task, (argument,))
    time.sleep(0.3)
    tell({"pids": pids})
    time.sleep(60)


def no_such_thing(_):
    return "no such thing"


FAULTS = {
    "throwsSubclass": lambda pool: throws_same(pool, throws_subclass),
    "throwsAggregate": lambda pool: throws_same(pool, throws_group),
    "throwsDOMException": no_such_thing,
    "throwsNull": no_such_thing,
    "throwsUndefined": no_such_thing,
    "throwsString": no_such_thing,
    "returnsFunction": lambda pool: names_part(pool, returns_function),
    "throwsFunction": lambda pool: names_part(pool, throws_function),
    "exits": lambda pool: fails_alone(pool, exits),
    "closesItself": lambda pool: fails_alone(pool, closes_itself),
    "isKilled": is_killed,
    "throwsLater": lambda pool: fails_alone(pool, throws_later),
    "rejectsUnhandled": lambda pool: fails_alone(pool, rejects_unhandled),
    "usesUpMemory": lambda pool: fails_alone(pool, uses_up_memory),
    "recurses": lambda pool: fails_alone(pool, recurses),
    "loops": loop_times_out,
    "inputThrows": input_throws,
    "endlessInput": endless_input,
    "terminates": terminates,
    "poolInside": pool_inside,
    "killedIdle": lambda pool: program_killed(pool, time.sleep, 60),
    "killedBusy": lambda pool: program_killed(pool, loops, None),
}


def state_of(pool):
    """Whether both workers do something again, at the same time."""
    for _ in range(3):
        both = [pool.apply_async(occupy, (600,)) for _ in range(2)]
        outcomes = [outcome_of(result) for result in both]
        if any(how == "hangs" for how, _ in outcomes):
            return "pool hangs"
        if any(how == "threw" for how, _ in outcomes):
            return "then " + of_failure(outcomes[0])
        (_, (from1, to1)), (_, (from2, to2)) = outcomes
        if from1 < to2 and from2 < to1:
            return "goes on"
    return "a worker short"


def fault_program(fault):
    initializer = None
    if fault == "usesUpMemory":
        # Elsewhere nothing would stop it before the machine has no memory left.
        if sys.platform != "linux":
            tell({"opened": True, "saw": "no limit here", "then": "goes on"})
            return
        initializer = limit_memory
    pool = multiprocessing.Pool(2, initializer)
    tell({"opened": True})
    tell({"saw": FAULTS[fault](pool)})
    if fault != "terminates":
        tell({"then": state_of(pool)})
        tell({"end": in_thread(pool.terminate)[0]})


# Measurements


def peak_memory():
    """The most memory that this program has taken, in bytes."""
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Measurements:
    """The cases; the pool is started for the first one that needs it, and kept."""

    pool = None

    def keep(self):
        self.pool = self.pool or multiprocessing.Pool(4)
        return self.pool

    def start(self, _):
        begin = time.perf_counter()
        pool = multiprocessing.Pool(4)
        assert pool.apply(square, (3,)) == 9
        ms = (time.perf_counter() - begin) * 1000
        pool.terminate()
        return {"ms": ms}

    def map(self, count):
        pool = self.keep()
        begin = time.perf_counter()
        results = pool.map(square, range(count))
        ms = (time.perf_counter() - begin) * 1000
        assert results[-1] == (count - 1) ** 2
        return {"ms": ms}

    def calls(self, count):
        pool = self.keep()
        begin = time.perf_counter()
        calls = [pool.apply_async(square, (i,)) for i in range(count)]
        results = [call.get() for call in calls]
        ms = (time.perf_counter() - begin) * 1000
        assert results[-1] == (count - 1) ** 2
        return {"ms": ms}

    def oneByOne(self, count):
        pool = self.keep()
        begin = time.perf_counter()
        for i in range(count):
            pool.apply(square, (i,))
        return {"ms": (time.perf_counter() - begin) * 1000}

    def large(self, n):
        pool = self.keep()
        begin = time.perf_counter()
        pool.map(sum_of_squares, [n] * 8, 1)
        return {"ms": (time.perf_counter() - begin) * 1000}

    def copy(self, count):
        pool = self.keep()
        data = bytes(10_000_000)
        begin = time.perf_counter()
        for _ in range(count):
            assert pool.apply(len, (data,)) == len(data)
        return {"ms": (time.perf_counter() - begin) * 1000}

    def move(self, _):
        return {"missing": "a process has its own memory"}

    def imap(self, count):
        pool = self.keep()
        before = peak_memory()
        begin = time.perf_counter()
        seen = 0
        for _ in pool.imap(square, (i for i in range(count)), 100):
            seen += 1
        ms = (time.perf_counter() - begin) * 1000
        assert seen == count
        return {"ms": ms, "memory": peak_memory() - before}


def bench_program():
    measurements = Measurements()
    for line in sys.stdin:
        name, count = json.loads(line)
        tell(getattr(measurements, name)(count))
    if measurements.pool:
        measurements.pool.terminate()


if __name__ == "__main__":
    program, *arguments = sys.argv[1:]
    globals()[program](*arguments)

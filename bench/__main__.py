"""`make bench` runs them all; `make bench ARGS=updates` one of them."""

import asyncio
import sys

from bench import claims, digests, fanout, lag, outbox, polls, start, top, updates

BENCHES = {
    "updates": updates.main,
    "start": start.main,
    "fanout": fanout.main,
    "digests": digests.main,
    "claims": claims.main,
    "outbox": outbox.main,
    "polls": polls.main,
    "lag": lag.main,
    "top": top.main,
}


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHES)
    for name in wanted:
        if name not in BENCHES:
            sys.exit(f"no bench {name!r}; there are {', '.join(BENCHES)}")
        print(f"== {name}")
        asyncio.run(BENCHES[name]())


if __name__ == "__main__":
    main()

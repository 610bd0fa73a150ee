"""`python -m tools.pages` rebuilds the generated pages; `--check` names the stale ones and exits with 1.

`--record` also runs the demo and the commands whose output stands in README.md and docs, and puts their present output
and picture there. It takes a minute or two.
"""

import argparse
import sys

from tools.pages import catalogue


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is stale")
    what.add_argument("--record", action="store_true", help="also record the output of the programs that pages show")
    options = parser.parse_args()
    if options.check:
        names = catalogue.stale()
        for name in names:
            print(f"stale: {name} (run python -m tools.pages)")
        sys.exit(1 if names else 0)
    catalogue.rebuild()
    if options.record:
        from tools.pages.record import record

        record()


if __name__ == "__main__":
    main()

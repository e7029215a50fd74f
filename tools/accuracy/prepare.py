"""Makes the float network and the data of one row of the tables: `python prepare.py NAME`. See networks.py."""

import sys

from networks import module_of

if __name__ == "__main__":
    module_of(sys.argv[1]).prepare(sys.argv[1])

"""
`python -m covet` is the `covet` command.
"""

from covet.cli import main

if __name__ == "__main__":
    main()

"""`python -m vrlive`: the same as the `vrlive` command."""

from vrlive.cli import main

main()

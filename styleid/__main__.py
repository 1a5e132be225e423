"""``python -m styleid``."""

from styleid.cli import main

main()

"""``python -m skann`` is the ``skann`` command."""

from skann.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

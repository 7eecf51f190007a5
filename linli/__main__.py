"""`python -m linli` and the command `linli`."""

from linli.config.cli import main

if __name__ == "__main__":
    main()

"""Create the environment and install a hashed lock into it: `install.py VENV LOCK`. Standard library only."""

import subprocess
import sys
import time
from pathlib import Path

WANTED = ((3, 11), (3, 13))


def main(venv: Path, lock: Path) -> None:
    version = sys.version_info[:2]
    if not WANTED[0] <= version <= WANTED[1]:
        sys.exit(
            f"voz needs Python 3.11 to 3.13 and this is {version[0]}.{version[1]}: "
            "install one and run `make start PYTHON=python3.11`."
        )
    started = time.monotonic()
    python = venv / "bin" / "python"
    if not python.exists():
        print(f"Creating {venv} …", flush=True)
        run(sys.executable, "-m", "venv", str(venv))
    print(f"Installing {lock} (about two minutes the first time) …", flush=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "--no-deps", "-r", str(lock))
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ".")
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)


def run(*command: str) -> None:
    if subprocess.run(command).returncode:
        step = " ".join(command[:5])
        sys.exit(f"The installation stopped at `{step} …` (see above). Mend what it says and run make again.")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: install.py VENV LOCK")
    main(Path(sys.argv[1]), Path(sys.argv[2]))

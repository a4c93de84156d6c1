"""What the races share: an environment of Python packages, and processes whose time is known."""

import json
import os
import subprocess
import sys
import time
import venv


def environment(folder, packages):
    """The interpreter of an environment that has these packages, installed if it has not."""
    python, done = folder / "bin" / "python", folder / "packages.txt"
    if not done.exists() or done.read_text().split() != packages:
        venv.create(folder, with_pip=True)
        installed = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages])
        if installed.returncode:
            sys.exit(f"could not install {', '.join(packages)}")
        done.write_text("\n".join(packages))
    return python


def measured(command):
    """Runs a process; its output, CPU seconds, wall seconds and peak MiB.

    CPU seconds are user and system, with those of the processes that it started and waited for.
    """
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return json.loads(out), usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024

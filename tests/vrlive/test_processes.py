import os
import subprocess
import sys
import time

from vrlive.processes import usage

BUSY = "import time\nheld = bytearray(64 << 20)\nwhile time.process_time() < 0.5: pass\nprint('done', flush=True)\ninput()"


def test_a_process_takes_what_it_did() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        assert busy.stdout
        busy.stdout.readline()
        found = usage(busy.pid)
        busy.communicate(b"\n")
    assert found
    assert 0.4 < found.cpu_s < 5
    assert 64 << 20 < found.resident_bytes < 256 << 20
    assert usage(busy.pid) is None


def test_this_process_agrees_with_its_own_clock() -> None:
    found = usage(os.getpid())
    assert found
    assert abs(found.cpu_s - time.process_time()) < 0.5

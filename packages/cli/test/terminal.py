"""
Runs a program in a pseudo-terminal, and prints what it wrote.

    python3 terminal.py COLUMNS ROWS [WAIT_FOR] -- PROGRAM [WORD...]

WAIT_FOR=KEYS: when that text has been written, the keys are typed; several of them, one after another. `^C` is
Ctrl-C. The last line is the exit code, or the number of the signal below zero.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

at = sys.argv.index("--")
columns, rows = int(sys.argv[1]), int(sys.argv[2])
steps = [step.split("=", 1) for step in sys.argv[3:at]]
words = sys.argv[at + 1 :]

child, terminal = pty.fork()
if child == 0:
    os.execvp(words[0], words)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

written = b""
seen = 0
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    written += part
    while steps and steps[0][0].encode() in written[seen:]:
        text, keys = steps.pop(0)
        seen = written.index(text.encode(), seen) + len(text)
        if keys.startswith("size:"):
            narrow, low = map(int, keys[5:].split("x"))
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", low, narrow, 0, 0))
        else:
            os.write(terminal, keys.replace("^C", "\x03").replace("^D", "\x04").encode())
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(written)
print("\n%d" % os.waitstatus_to_exitcode(status))

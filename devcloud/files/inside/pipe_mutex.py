"""In place of oslo.log's module of this name (5.0, Debian 12's), which gives every log handler a lock on a pipe.

That pipe is made before heat-engine forks, so all its processes share it, and a green thread that waits for a line of
log may wait for ever: a deletion of twenty servers stood still with the locks of its resources held, as Heat logs a
line for each step. This leaves the handlers Python's own lock, which eventlet has made green by then; before 5.0
that was so everywhere.
"""

import logging

pipe_createLock = logging.Handler.createLock

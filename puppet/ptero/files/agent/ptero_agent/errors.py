"""What can go wrong, by what is done about it."""


class Unreachable(Exception):
    """Heat or Keystone did not answer, or not sensibly: asked again later."""


class TaskFailed(Exception):
    """A deployment failed; `tail` is what an operator needs to see of the logs."""

    def __init__(self, message, tail="", code=1):
        super().__init__(message)
        self.tail, self.code = tail, code


class OutOfTime(TaskFailed):
    def __init__(self, message, tail=""):
        # The code of timeout(1).
        super().__init__(message, tail, 124)

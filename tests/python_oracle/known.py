"""Where Python programs are known to differ from the wheel's, each with its reason. An entry looks at one step and both
answers and must recognise the difference in them; `avoid` entries say which steps the wheel must not be given at all.
What single values of an op may differ in is in tests/oracle/differences.py and serves here too."""


class Difference:
    def __init__(self, name, reason, same=None, avoid=None):
        self.name, self.reason, self.same, self.avoid = name, reason, same, avoid


DIFFERENCES = []

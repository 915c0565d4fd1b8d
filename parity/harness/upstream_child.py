"""Runs one of upstream's test files in this process, unmodified, and prints a JSON line per test. Not imported: started by
upstream.py with the Python that has our mlx, in the folder of the tests: `upstream_child.py FILE`."""

import json
import os
import sys
import unittest


class Teller(unittest.TestResult):
    """Says how each test ended, as soon as it has."""

    def startTest(self, test):
        super().startTest(test)
        self.told = None

    def _tell(self, outcome, text=""):
        self.told = self.told or (outcome, text)

    def addFailure(self, test, err):
        self._tell("fail", self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(test, err)

    def addSkip(self, test, reason):
        self._tell("skip", reason)

    def addExpectedFailure(self, test, err):
        self._tell("pass")

    def addUnexpectedSuccess(self, test):
        self._tell("fail", "unexpected success")

    def stopTest(self, test):
        super().stopTest(test)
        outcome, text = self.told or ("pass", "")
        name = ".".join(test.id().split(".")[-2:])
        os.write(3, (json.dumps({"test": name, "outcome": outcome, "text": text[-2000:]}) + "\n").encode())


def main():
    path = sys.argv[1]
    sys.path.insert(0, os.getcwd())
    module = __import__(os.path.splitext(os.path.basename(path))[0])
    unittest.defaultTestLoader.loadTestsFromModule(module).run(Teller())
    with open("/proc/self/maps") as maps:
        foreign = [line.split()[-1] for line in maps if "libmlx.so" in line]
    os.write(3, (json.dumps({"done": True, "foreign": foreign}) + "\n").encode())
    os._exit(0)  # no interpreter shutdown: what a test left running must not change the answer


main()

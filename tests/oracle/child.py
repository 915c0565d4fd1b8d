"""Processes that answer questions, one line each way, and what happens when one dies. Invariant: an answer is only ever taken
for the question it was given to, whatever became of the questions before it."""
import json
import os
import select
import subprocess
import sys

PATIENCE = 60  # seconds for one line; a machine may pause a process for a while


class Died(Exception):
    pass


class Child:
    """A process answering line for line; started again after it died."""

    def __init__(self, command, log):
        self.command, self.log, self.process, self.number = command, log, None, 0

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.rest = b""

    def send(self, text):
        """Of a process that has died, `receive` tells."""
        try:
            if self.process:
                self.process.stdin.write(text.encode() + b"\n")
                self.process.stdin.flush()
        except OSError:
            pass

    def receive(self):
        if not self.process:
            raise Died("had died before")
        parts = [self.rest]
        while b"\n" not in parts[-1]:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                self.process.kill()
                self.end("did not answer for %d s" % PATIENCE)
            chunk = os.read(self.process.stdout.fileno(), 1 << 20)
            if not chunk:
                self.end()
            parts.append(chunk)
        line, _, self.rest = b"".join(parts).partition(b"\n")
        return line.decode()

    def stop(self):
        """Ends a process that is in the middle of something."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def end(self, why=None):
        code = self.process.wait()
        self.process = None
        raise Died(why or f"died (exit status {code})")

    # ---- numbered questions, as `questions` below reads them ----

    def put(self, question):
        self.number += 1
        self.send(json.dumps({**question, "number": self.number}))

    def get(self):
        """The next answer to the last question; what was said to an earlier one is dropped."""
        while True:
            answer = json.loads(self.receive())
            if answer.pop("number") == self.number:
                return answer

    def ask(self, question):
        self.put(question)
        return self.get()


def questions():
    """In the child: every question, with a function that answers it, once or in parts. What else is printed, by C code too,
    goes where errors go."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)

        def answer(fields, number=question.pop("number")):
            out.write(json.dumps({**fields, "number": number}) + "\n")
            out.flush()
        yield question, answer

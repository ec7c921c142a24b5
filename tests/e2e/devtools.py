"""
A real browser under control: pages that tests click through, with all that these ask for and complain about.

Chromium's DevTools protocol over a pair of pipes: no library, and no port that somebody else could use.
"""

import base64
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal

from tests.e2e.browser import CHROMIUM, FLAGS

_PATIENCE = 30.0
# The browser expects its pipes as the descriptors 3 and 4. Either may be one of these, so both are moved away first.
_LAUNCHER = """\
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Page:
    """
    A page of the browser; `open_browser()` gives one.

    Attributes:
        requests: The addresses that pages asked for, in order.
        preflights: What the browser asked by itself before that (CORS): method and address.
        complaints: What the console shows as a warning or an error: scripts' own words, refused requests, policies.
        questions: What `alert`, `confirm` and `prompt` said; all of them are answered with OK.
    """

    def __init__(self, write: int, read: int) -> None:
        self.requests: list[str] = []
        self.preflights: list[str] = []
        self.complaints: list[str] = []
        self.questions: list[str] = []
        self._write = write
        self._writing = threading.Lock()
        self._numbers = count(1)
        self._session: str | None = None
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(read,), daemon=True)
        self._reader.start()
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self.look_like()

    def look_like(self, *, width: int = 1280, height: int = 1400, scheme: Literal["light", "dark"] = "light") -> None:
        """Take another size, or the colours that somebody prefers."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def keep_downloads(self, directory: Path) -> None:
        """Store what is downloaded in a directory, without asking."""
        self._ask("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(directory)}, None)

    def go(self, url: str) -> None:
        """Open an address."""
        self._call("Page.navigate", url=url)

    # Any: whatever the script gives.
    def evaluate(self, script: str) -> Any:
        """Run a script in the page, and return what its last expression, or the promise of it, gives."""
        answer = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Run a script again and again until it gives something true; return that."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError):
                if found := self.evaluate(script):
                    return found
            time.sleep(0.05)
        text = self.evaluate("document.body.innerText")
        raise AssertionError(f"{script} is never true; {self.complaints}; the page says: {text[:2000]}")

    def click(self, selector: str) -> None:
        """Click the first element of a selector, once there is one."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"!!{element}")
        self.evaluate(f"{element}.click()")

    def type(self, selector: str, text: str) -> None:
        """Type into the first field of a selector, in the place of what it has, as somebody at a keyboard does."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"!!{element}")
        self.evaluate(f"{element}.focus(), {element}.select()")
        self._call("Input.insertText", text=text)

    def allow_scripts(self, is_allowed: bool) -> None:
        """Let pages run their scripts, or not; what tests evaluate runs all the same."""
        self._call("Emulation.setScriptExecutionDisabled", value=not is_allowed)

    # Any: JSON.
    def list_cookies(self) -> dict[str, dict[str, Any]]:
        """Return the cookies that the browser keeps, by name: `httpOnly`, `secure`, `sameSite` and so on."""
        return {cookie["name"]: cookie for cookie in self._call("Network.getAllCookies")["cookies"]}

    def choose_files(self, selector: str, *paths: Path) -> None:
        """Choose files in the first input of a selector, as in its dialog."""
        found = self._call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        self._call("DOM.setFileInputFiles", files=[str(path) for path in paths], objectId=found["result"]["objectId"])

    def read(self, selector: str) -> str:
        """Return the text of the first element of a selector, once there is one."""
        element = f"document.querySelector({json.dumps(selector)})"
        text: str = self.wait_for(f"{element} && {element}.innerText")
        return text

    def take_picture(self, path: Path) -> None:
        """Write what the page looks like, as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        return self._ask(method, parameters, self._session)

    def _ask(self, method: str, parameters: dict[str, object], session: str | None) -> dict[str, Any]:
        number = self._send(method, parameters, session)
        while True:
            answer = self._answers.get(timeout=_PATIENCE)
            if answer["id"] == number:
                break
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _send(self, method: str, parameters: dict[str, object], session: str | None) -> int:
        number = next(self._numbers)
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        with self._writing:
            os.write(self._write, json.dumps(message).encode() + b"\0")
        return number

    def _read(self, read: int) -> None:
        buffer = b""
        while chunk := os.read(read, 65536):
            buffer += chunk
            *messages, buffer = buffer.split(b"\0")
            for message in messages:
                self._take(json.loads(message))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers.put(message)
            return
        parameters = message.get("params", {})
        if message["method"] == "Page.javascriptDialogOpening":
            self.questions.append(parameters["message"])
            # Whoever clicked waits for the answer, so nobody waits for this one.
            self._send("Page.handleJavaScriptDialog", {"accept": True}, self._session)
        elif message["method"] == "Network.requestWillBeSent":
            asked = parameters["request"]
            if parameters["initiator"]["type"] == "preflight":
                self.preflights.append(f"{asked['method']} {asked['url']}")
            else:
                self.requests.append(asked["url"])
        elif message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif message["method"] == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning", "assert"}:
            self.complaints.append(json.dumps(parameters["args"]))
        elif message["method"] == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(f"{parameters['entry']['text']} ({parameters['entry'].get('url', '')})")


@contextmanager
def open_browser(profile: Path, *, flags: Sequence[str] = ()) -> Iterator[Page]:
    """
    Start a browser, and give a page of it.

    Args:
        profile: A new folder for what the browser stores.
        flags: Further arguments of the browser.
    """
    if CHROMIUM is None:
        raise RuntimeError("There is no chromium.")
    to_browser, from_browser = os.pipe(), os.pipe()
    launcher = [sys.executable, "-c", _LAUNCHER, str(to_browser[0]), str(from_browser[1])]
    process = subprocess.Popen(
        [*launcher, CHROMIUM, *FLAGS, *flags, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
        pass_fds=(to_browser[0], from_browser[1]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A session of its own: what it leaves behind can be ended with it, and nothing else.
        start_new_session=True,
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    try:
        yield Page(to_browser[1], from_browser[0])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        os.close(to_browser[1])
        os.close(from_browser[0])

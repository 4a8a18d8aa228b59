"""A Streamlit screen loaded as a browser loads it, without the browser: its socket, its bytes, its time."""

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

LONGEST_LOAD_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Load:
    """What came over the socket from asking for the screen to the end of its script, and how long that took."""

    seconds: float
    frames: list[bytes]

    @property
    def size(self) -> int:
        """Bytes of all messages, uncompressed."""
        return sum(map(len, self.frames))

    def messages(self) -> list[ForwardMsg]:
        return [ForwardMsg.FromString(frame) for frame in self.frames]


def load(address: str, screen: str, cookies: str = "") -> Load:
    """Open a socket like a new tab at ``screen`` (a path, and a query if need be) and wait until all of it has come.

    Nothing is compressed, as Streamlit's server is shipped. Raises RuntimeError where the screen failed or none was sent.
    """
    with connect(
        address.replace("http", "ws", 1) + "/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": cookies, "Origin": address},
        compression=None,
        max_size=None,
        proxy=None,
    ) as socket:
        started = time.perf_counter()
        socket.send(_rerun(address, screen))
        frames = _until_finished(socket)
        found = Load(time.perf_counter() - started, frames)
    _check(screen, found)
    return found


def _rerun(address: str, screen: str) -> bytes:
    """What the frontend sends when its socket opens."""
    asked = BackMsg()
    parts = urlsplit(screen)
    asked.rerun_script.query_string = parts.query
    asked.rerun_script.page_name = parts.path.strip("/")
    context = asked.rerun_script.context_info
    context.timezone, context.locale, context.color_scheme = "Europe/Berlin", "en-GB", "light"
    context.timezone_offset = -60
    context.url = address + screen
    return asked.SerializeToString()


def _until_finished(socket: ClientConnection) -> list[bytes]:
    frames: list[bytes] = []
    while True:
        frame = socket.recv(LONGEST_LOAD_SECONDS)
        assert isinstance(frame, bytes)
        frames.append(frame)
        # Only the last message is this small: parsing the others would be on the clock.
        if len(frame) < 200 and ForwardMsg.FromString(frame).HasField("script_finished"):
            return frames


def _check(screen: str, found: Load) -> None:
    messages = found.messages()
    if messages[-1].script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
        raise RuntimeError(f"{screen} did not come to its end: {messages[-1].script_finished}")
    elements = [message.delta.new_element for message in messages if message.delta.HasField("new_element")]
    errors = [element.exception.message for element in elements if element.HasField("exception")]
    errors += [
        element.alert.body
        for element in elements
        if element.HasField("alert") and element.alert.format == element.alert.ERROR
    ]
    if errors or not elements:
        raise RuntimeError(f"{screen} shows an error: {errors}" if errors else f"{screen} shows nothing")

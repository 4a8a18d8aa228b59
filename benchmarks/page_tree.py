"""What a Streamlit page consists of, put together from the messages that bring it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from google.protobuf.message import Message
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


@dataclass(slots=True)
class Node:
    """An element, or a block and what stands in it by its place. ``fragment`` is the id of the fragment it belongs to."""

    proto: Element | Block | None = None
    fragment: str = ""
    children: dict[int, "Node"] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.proto.WhichOneof("type") or "" if self.proto is not None else ""

    @property
    def content(self) -> Message:
        """The part of the proto that is of its kind alone."""
        content: Message = getattr(self.proto, self.kind)
        return content

    def in_order(self) -> list["Node"]:
        return [child for _, child in sorted(self.children.items())]

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.in_order():
            yield from child.walk()


def tree_of(messages: Iterable[ForwardMsg]) -> Node:
    """The page that the messages come to: under the root stand what is in the middle (0) and the sidebar (1)."""
    root = Node()
    for message in messages:
        if message.WhichOneof("type") == "delta":
            _put(root, list(message.metadata.delta_path), message.delta)
    return root


def kinds(root: Node) -> Counter[str]:
    """How many elements and blocks of each kind a page has."""
    return Counter(node.kind for node in root.walk() if node.kind not in {"", "empty", "skeleton"})


def _put(root: Node, path: list[int], delta: Delta) -> None:
    """Elements take the place of what stood there; what only passes (a spinner while something loads) is left out."""
    if delta.HasField("new_transient"):
        return
    parent = root
    for step in path[:-1]:
        parent = parent.children.setdefault(step, Node())
    node = parent.children.setdefault(path[-1], Node())
    node.fragment = delta.fragment_id
    if delta.HasField("add_block"):
        node.proto = delta.add_block
    else:
        node.proto = delta.new_element
        node.children.clear()

"""A node whose place a real mail server may take while the lab runs: from then on its shadow answers for it."""

from __future__ import annotations

from pathlib import Path

from lab.drivers.container_node import ContainerNode
from lab.drivers.control_question import ControlAnswer, ControlRequest
from lab.drivers.postfix_shadow import PostfixShadow
from lab.scenario.model import Variant

YIELD: ControlRequest = {"do": "yield"}
"""What the real server's container asks for before it listens."""


class Handover:
    """Starts as the lab's own node."""

    def __init__(self, variant: Variant, root: Path, own: ContainerNode) -> None:
        """`root` is the shared folder, `own` the node as the lab plays it."""
        self._variant = variant
        self._root = root
        self._own = own
        self._shadow: PostfixShadow | None = None

    @property
    def state(self) -> Path:
        """The node's folder."""
        return self._own.state

    async def __aenter__(self) -> Handover:
        """Start the lab's own node."""
        await self._own.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop it, if it still plays."""
        if self._shadow is None:
            await self._own.__aexit__(*error)

    async def answer(self, request: ControlRequest) -> ControlAnswer:
        """What whoever plays the lab wants; what the lab's own node has seen stays on record."""
        if request == YIELD:
            return await self._yield()
        if self._shadow is None:
            return await self._own.answer(request)
        answer = await self._shadow.answer(request)
        if request["do"] != "record":
            return answer
        before = await self._own.answer(request)
        return {kind: [*before[kind], *answer[kind]] for kind in answer}

    async def _yield(self) -> ControlAnswer:
        """Free the port; the answer says that it is free."""
        if self._shadow is None:
            self._shadow = PostfixShadow(self._variant, self._root, self._own.node)
            await self._own.__aexit__(None, None, None)
        return {}

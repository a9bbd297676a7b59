"""Waiting for what goes on whether anybody waits for it or not.

Must not know what that is.
"""

import asyncio


async def outlasting[T](task: asyncio.Task[T]) -> T:
    """The result of a task that goes on as a whole if whoever waits for it is cancelled.

    What it raises then is nobody's to be told; `asyncio.shield` has it told as a fault of the program.
    """
    task.add_done_callback(_noticed)
    await asyncio.wait((task,))
    return task.result()


def _noticed(task: asyncio.Task[object]) -> None:
    if not task.cancelled():  # a task that is cancelled has none
        task.exception()

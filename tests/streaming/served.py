"""An app served over HTTP on a free port of 127.0.0.1, while other work goes on beside it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from fastapi import FastAPI


@asynccontextmanager
async def served(app: FastAPI, *work: Coroutine[Any, Any, None]) -> AsyncIterator[str]:
    """Serve `app`, and do `work`, until the block ends; gives the address, with a slash at its end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="warning"))
        serving, *tasks = [asyncio.ensure_future(each) for each in (server.serve([listening]), *work)]
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            await serving
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

"""Nothing but aiohttp and orjson at the cheap API: what our client cannot be faster than."""

import asyncio
import sys

import aiohttp
import orjson

from tests.benchmarks.calls import DEPLOYMENT, INPUTS, KEY, run_id, tell_speed


async def main(base_url: str, what: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def get(number: int) -> object:
            async with session.get(f"{base_url}/run/{run_id(number)}") as response:
                return orjson.loads(await response.read())

        async def queue(_: int) -> object:
            body = {"deployment_id": DEPLOYMENT, "inputs": INPUTS, "webhook": None}
            url = f"{base_url}/run/deployment/queue"
            async with session.post(url, json=body) as response:
                return orjson.loads(await response.read())

        await tell_speed({"get": get, "queue": queue}[what])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

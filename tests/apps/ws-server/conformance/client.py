"""What Python's `websockets` makes of the feed. Says what it saw, as one JSON object."""

import asyncio
import json
import sys

import websockets


async def closed(socket):
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 10)
    except websockets.ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None


async def main(address):
    seen = {}
    # It offers permessage-deflate and its own pings by default.
    async with websockets.connect(f"ws://{address}/ws?token=BTC") as socket:
        seen["extensions"] = [type(extension).__name__ for extension in socket.protocol.extensions]
        seen["subprotocol"] = socket.subprotocol
        seen["welcome"] = json.loads(await socket.recv())["data"]["channels"]
        seen["latency"] = await asyncio.wait_for(await socket.ping(b"\x00\xff"), 10) >= 0
        events = [json.loads(await asyncio.wait_for(socket.recv(), 10)) for _ in range(20)]
        seen["offsets"] = [event["offset"] for event in events]
        seen["utf8"] = events[0]["event"]["data"]["padding"]
    async with websockets.connect(f"ws://{address}/ws") as socket:
        await socket.recv()
        text = json.dumps({"type": "subscribe", "data": {"channels": ["ETH.trade"]}})
        # An iterable is sent as fragments.
        await socket.send([text[:10], text[10:20], text[20:]])
        seen["subscribed"] = json.loads(await socket.recv())["data"]["channels"]
        await socket.send(b"\x00")
        seen["binary"] = json.loads(await socket.recv())["code"]
        await socket.close(1000, "done")
        seen["close"] = [socket.close_code, socket.close_reason]
    async with websockets.connect(f"ws://{address}/ws") as socket:
        await socket.send("*" * 5000)
        seen["too_big"] = await closed(socket)
    try:
        async with websockets.connect(f"ws://{address}/ws?token=B.C"):
            seen["refused"] = None
    except websockets.InvalidStatus as error:
        seen["refused"] = error.response.status_code
    print(json.dumps(seen))


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))

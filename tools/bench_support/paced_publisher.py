"""Publishes messages of a file at a steady rate, in a process of its own: `paced_publisher.py PORT RATE FILE`.

The file has for each message two lengths (little-endian, 4 bytes each), the topic and the payload. Prints one line at the
end: how many messages, and how many seconds it took until the broker had them all."""
import struct
import sys
import threading
import time

import paho.mqtt.client as mqtt

_TURN = 0.01  # seconds; what is due is published so often


def messages(file: str):
    with open(file, "rb") as stream:
        while head := stream.read(8):
            topic, payload = struct.unpack("<II", head)
            yield stream.read(topic).decode(), stream.read(payload)


def main(port: int, rate: float, file: str):
    client = mqtt.Client(client_id="bench-paced", protocol=mqtt.MQTTv311)
    client.max_inflight_messages_set(1000)
    client.max_queued_messages_set(0)
    up, done, acknowledged = threading.Event(), threading.Event(), 0
    everything = list(messages(file))

    def on_publish(*_):
        nonlocal acknowledged
        acknowledged += 1
        if acknowledged == len(everything):
            done.set()

    client.on_connect = lambda *_: up.set()
    client.on_publish = on_publish
    client.connect("127.0.0.1", port)
    client.loop_start()
    if not up.wait(20):
        sys.exit("the broker does not answer")
    print("begins", flush=True)
    begun, sent = time.monotonic(), 0
    while sent < len(everything):
        due = min(len(everything), int((time.monotonic() - begun) * rate))
        for topic, payload in everything[sent:due]:
            client.publish(topic, payload, qos=1)
        sent = due
        time.sleep(_TURN)
    if not done.wait(60):
        sys.exit(f"the broker has {acknowledged} of {len(everything)} messages")
    print(f"{len(everything)} {time.monotonic() - begun:.3f}", flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])

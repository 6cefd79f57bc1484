"""MQTT client: paho-mqtt."""

import json
import math

import paho.mqtt.client as mqtt

from .pace import cycles


def _open(target: str, name: str, user: str, password: str) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name)
    if user:
        client.username_pw_set(user, password)
    client.connect(target, 1883, keepalive=15)
    client.loop_start()
    return client


def publish(target: str, name: str, topic: str, every: float = 3.0, seconds: float = 20.0,
            user: str = "", password: str = "") -> None:
    client = _open(target, name, user, password)
    for number in cycles(every, seconds):
        text = json.dumps({"speed": round(42 + math.sin(number), 2), "bottles": 1200 + 7 * number})
        client.publish(topic, text, qos=number % 2).wait_for_publish(5)
    client.disconnect()


def listen(target: str, name: str, topic: str, seconds: float = 20.0, user: str = "", password: str = "") -> None:
    client = _open(target, name, user, password)
    client.subscribe(topic, qos=1)
    for _ in cycles(1.0, seconds):
        pass
    client.disconnect()

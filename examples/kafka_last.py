"""A system under test for `redcat load --into kafka`: last touch, order by order.

    pip install confluent-kafka
    python examples/kafka_last.py --brokers localhost:9092

Reads events from one topic and answers each order with one message in another, and each refund of an
order that it has credited with a second. What a buyer did with a merchant before an order counts for 15
days, and for the next order only. Several of these, each with `--partitions 0,1` of its own, share the work: all
that a user does is in one partition.

It is written to be read, not to be fast: one process does some tens of thousands of events a second.
"""

import argparse
import json
from datetime import datetime, timedelta

from confluent_kafka import OFFSET_END, Consumer, KafkaException, Producer, TopicPartition

WINDOW = timedelta(days=15)
TOUCHES = {"impression", "read", "like", "collect", "share", "comment", "follow", "ask-link", "click"}


class LastTouch:
    """Credit of one run."""

    def __init__(self, run):
        self.run = run
        self.last = {}  # by buyer and merchant: when, and which channel
        self.credited = {}  # by order: when, and what was credited

    def answer(self, event):
        """What is to be said of an event; nothing of touches."""
        kind, at = event["event"], datetime.fromisoformat(event["time"])
        key = event["user"], event["merchant"]
        if kind in TOUCHES:
            if "channel" in event:
                self.last[key] = at, event["channel"]
            return None
        if kind == "order":
            touch = self.last.pop(key, None)
            credit = {touch[1]: 1} if touch and at - touch[0] <= WINDOW else {}
            self.credited[event["id"]] = at, credit
        elif kind == "refund":
            ordered, credit = self.credited.pop(event.get("order"), (None, {}))
            if not credit or at - ordered > WINDOW:
                return None
            credit = {channel: -share for channel, share in credit.items()}
        else:
            return None
        return {"id": event["id"], "run": self.run, "model": "last", "credit": credit}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", default="localhost:9092")
    parser.add_argument("--events", default="redcat-events")
    parser.add_argument("--credits", default="redcat-credits")
    parser.add_argument("--partitions", help="such as 0,1; all if absent")
    options = parser.parse_args()

    settings = {"bootstrap.servers": options.brokers}
    consumer = Consumer(settings | {"group.id": "kafka-last", "enable.auto.commit": False, "fetch.wait.max.ms": 10})
    topic = consumer.list_topics(options.events, timeout=10).topics[options.events]
    if topic.error or not topic.partitions:
        raise SystemExit(f"{options.brokers}: there is no topic {options.events}")
    chosen = options.partitions.split(",") if options.partitions else topic.partitions
    # What comes from now on. No group is joined: that takes a while, and partitions are ours to choose.
    consumer.assign([TopicPartition(options.events, int(p), OFFSET_END) for p in chosen])
    producer = Producer(settings | {"linger.ms": 1})
    print("ready", flush=True)

    system = LastTouch(None)
    while True:
        for message in consumer.consume(1_000, timeout=0.01):
            if message.error():
                raise KafkaException(message.error())
            event = json.loads(message.value())
            if event["run"] != system.run:
                system = LastTouch(event["run"])
            answer = system.answer(event)
            if answer is None:
                continue
            while True:
                try:
                    producer.produce(options.credits, json.dumps(answer), key=message.key())
                    break
                except BufferError:
                    producer.poll(0.01)
        producer.poll(0)


if __name__ == "__main__":
    main()

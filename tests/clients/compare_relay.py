"""Compares mayday's normalisation and scrubbing with those of Sentry's relay (PyPI `sentry-relay`).

    cargo build --release -p mayday-event --example normalize
    pip install sentry-relay
    python compare_relay.py target/release/examples/normalize

Events as the SDKs send them, and variations of them made from a fixed seed, go through both. Every leaf of what comes
out is compared, and differences are counted by class: the path with `*` for indices and free keys, and what differs.
Classes that are meant to differ are in EXPLAINED, with the reason; crates/event/RELAY.md is the list for people. Exits
with 1 if a class is left that nobody has explained.
"""

import copy
import json
import random
import re
import subprocess
import sys
from collections import defaultdict

from sentry_relay.processing import StoreNormalizer, convert_datascrubbing_config, pii_strip_event

SEED = 20260101
VARIATIONS = 300
RECEIVED = "2026-01-01T00:00:00Z"
OFF = {
    "sensitive_keys": False, "credentials": False, "private_keys": False, "card_numbers": False, "ibans": False,
    "memory_text": False, "emails": "keep", "ip_addresses": "keep",
}
NO_CHANGE, CHANGED = "keeps", "scrubs"


def frame(**more):
    return {"function": "onPay", "module": "com.example.shop.Checkout", "filename": "Checkout.kt", "lineno": 88,
            "in_app": True, **more}


def exception(**more):
    return {"type": "IllegalStateException", "value": "cart 17 cannot be paid", "module": "java.lang",
            "stacktrace": {"frames": [frame(function="main", in_app=False), frame()]}, **more}


def sdk_events():
    android = {
        "timestamp": "2025-12-31T23:59:50.250Z", "platform": "java", "level": "fatal",
        "release": "com.example.shop@4.2.0+420", "dist": "420", "environment": "production",
        "sdk": {"name": "sentry.java.android", "version": "8.12.0"},
        "exception": {"values": [exception(mechanism={"type": "UncaughtExceptionHandler", "handled": False},
                                           thread_id=2)]},
        "threads": {"values": [{"id": 2, "name": "main", "crashed": True, "current": True, "main": True,
                                "state": "RUNNABLE"}]},
        "breadcrumbs": [{"timestamp": "2025-12-31T23:59:40Z", "type": "http", "category": "http", "level": "info",
                         "data": {"url": "https://shop.example/pay", "method": "POST", "status_code": 500}}],
        "contexts": {"os": {"name": "Android", "version": "15", "rooted": False},
                     "device": {"family": "Pixel", "model": "Pixel 9", "memory_size": 8000000000, "online": True},
                     "app": {"app_identifier": "com.example.shop", "app_version": "4.2.0", "in_foreground": True}},
        "tags": {"flavour": "play"}, "user": {"id": "b7a1", "geo": {"city": "Vienna"}},
        "debug_meta": {"images": [{"type": "proguard", "uuid": "6b4cc8d1-4a40-4a4d-9b8f-5a2ea3c5d7b1"}]},
        "extra": {"cart": {"items": 3}},
    }
    cocoa = {
        "timestamp": 1767225590.5, "platform": "cocoa", "level": "error", "release": "io.shop@2.0 (77)",
        "sdk": {"name": "sentry.cocoa", "version": "8.50.0"},
        "exception": {"values": [{
            "type": "EXC_BAD_ACCESS", "value": "KERN_INVALID_ADDRESS at 0x0000000000000010.",
            "mechanism": {"type": "mach", "handled": False,
                          "meta": {"signal": {"number": 11, "name": "SIGSEGV"},
                                   "mach_exception": {"exception": 1, "code": 1, "subcode": 16,
                                                      "name": "EXC_BAD_ACCESS"}},
                          "data": {"relevant_address": "0x0000000000000010"}},
            "stacktrace": {"frames": [{"instruction_addr": "0x0000000104a1b2c4", "image_addr": "0x0000000104a00000",
                                       "package": "/private/var/containers/Bundle/Shop.app/Shop", "in_app": True}],
                           "registers": {"x0": "0x0000000000000010"}}}]},
        "debug_meta": {"images": [{"type": "macho", "debug_id": "2D10C42F-591D-3265-B147-78BA0868073F",
                                   "image_addr": "0x0000000104a00000", "image_size": 131072, "arch": "arm64",
                                   "code_file": "/private/var/containers/Bundle/Shop.app/Shop"}]},
        "contexts": {"os": {"name": "iOS", "version": "18.2", "build": "22C152"},
                     "device": {"family": "iPhone", "model": "iPhone17,1", "arch": "arm64e"}},
        "user": {"id": "D3C7", "email": "ann@shop.example", "ip_address": "{{auto}}"},
    }
    javascript = {
        "timestamp": 1767225590, "platform": "javascript", "environment": "staging",
        "sdk": {"name": "sentry.javascript.react-native", "version": "6.9.0"},
        "exception": {"values": [{"type": "TypeError", "value": "undefined is not an object",
                                  "mechanism": {"type": "onerror", "handled": False},
                                  "stacktrace": {"frames": [{
                                      "filename": "app:///index.android.bundle", "function": "render", "lineno": 1,
                                      "colno": 52311, "in_app": True,
                                      "abs_path": "https://cdn.shop.example/app.js?v=1"}]}}]},
        "breadcrumbs": {"values": [{"timestamp": 1767225580.1, "category": "console", "level": "log",
                                    "message": "rendering"}]},
        "request": {"url": "https://shop.example/cart?step=2", "headers": {"User-Agent": "Mozilla/5.0 (Android 15)"}},
        "tags": [["hermes", "true"], ["event.origin", "javascript"]],
    }
    python = {
        "timestamp": "2025-12-31T23:59:50.123456Z", "platform": "python", "level": "error",
        "server_name": "api-1.shop.internal", "transaction": "shop.views.pay",
        "sdk": {"name": "sentry.python", "version": "2.40.0"},
        "exception": {"values": [{"type": "ZeroDivisionError", "value": "division by zero", "module": "builtins",
                                  "mechanism": {"type": "django", "handled": False},
                                  "stacktrace": {"frames": [{
                                      "filename": "shop/views.py", "abs_path": "/srv/shop/views.py", "function": "pay",
                                      "module": "shop.views", "lineno": 17, "in_app": True,
                                      "pre_context": ["def pay(cart):"], "context_line": "    return 1 / cart.n",
                                      "post_context": ["", "def refund(cart):"],
                                      "vars": {"cart": "<Cart 17>", "n": "0", "depth": {"a": [1, 2]}}}]}}]},
        "request": {"url": "https://shop.example/pay", "method": "POST", "data": {"cart": "17", "coupon": "X"},
                    "headers": {"Host": "shop.example", "Content-Type": "application/json"},
                    "query_string": "step=2", "env": {"SERVER_NAME": "api-1"}},
        "modules": {"django": "5.1"}, "extra": {"sys.argv": ["manage.py", "runserver"]},
    }
    logged = {
        "timestamp": 1767225590, "platform": "other", "level": "warning", "logger": "shop.checkout",
        "logentry": {"message": "user %s has %d carts", "params": ["ann", 3]}, "fingerprint": ["{{ default }}", "x"],
    }
    dart = {
        "timestamp": "2025-12-31T23:59:50Z", "platform": "other", "level": "fatal", "release": "shop@1.0.0+1",
        "sdk": {"name": "sentry.dart.flutter", "version": "9.0.0"},
        "exception": {"values": [{"type": "StateError", "value": "Bad state: no element",
                                  "stacktrace": {"frames": [{"function": "main", "filename": "main.dart",
                                                             "abs_path": "package:shop/main.dart", "lineno": 20,
                                                             "platform": "dart", "in_app": True}]}}]},
        "contexts": {"flutter_context": {"default_route_name": "/"}, "runtime": {"name": "Dart", "version": "3.7"}},
    }
    raven = {
        "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "timestamp": "2025-12-31T23:59:50", "platform": "python",
        "message": "legacy", "culprit": "shop.pay", "level": 40, "checksum": "abc",
        "sentry.interfaces.Message": {"message": "legacy %s", "params": ["one"]},
        "sentry.interfaces.User": {"id": 4, "username": "ann"},
        "sentry.interfaces.Exception": {"type": "E", "value": "v", "module": "m",
                                        "stacktrace": {"frames": [{"function": "f", "filename": "f.py", "lineno": 3}]}},
        "sentry.interfaces.Http": {"url": "http://shop.example/x", "method": "GET", "query_string": "a=1"},
        "tags": {"environment": "old", "n": 1, "b": True},
    }
    native = {
        "timestamp": 1767225590, "platform": "native", "level": "fatal",
        "exception": {"values": [{"type": "SIGSEGV", "value": "Segfault",
                                  "mechanism": {"type": "signalhandler", "synthetic": True, "handled": False,
                                                "meta": {"signal": {"number": 11, "code": 1}}},
                                  "stacktrace": {"frames": [{"instruction_addr": 1234567, "trust": "cfi"}]}}]},
        "debug_meta": {"images": [{"type": "elf", "debug_id": "667496de-a841-a895-7414-b58d9cdb4bb2",
                                   "code_id": "de96746641a895a87414b58d9cdb4bb2df6ad42c", "image_addr": 1228800,
                                   "image_size": 4096, "code_file": "/data/app/lib/arm64/libshop.so"}]},
    }
    return {"android": android, "cocoa": cocoa, "react-native": javascript, "python": python, "logged": logged,
            "dart": dart, "raven": raven, "native": native}


# What a client may get wrong, each at a random place.
WRONG = [None, "", "text", 0, -1, 7, 1.5, 10**20, True, [], [1], {}, {"a": 1}, "x" * 9000, "café \u2028 \u0000 end",
         "2025-12-31", " padded ", ["a", {"b": []}], "0x10", "true"]
SECRETS = [
    "4111 1111 1111 1111", "4111111111111111", "DE89370400440532013000", "ann@shop.example", "203.0.113.77",
    "2001:db8:1:2::5", "Bearer abcdef0123456789abcdef", "https://ann:hunter2@shop.example/x",
    '{"password":"hunter2","a":"b"}', "password=hunter2&a=b", "078-05-1120",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD9\n-----END RSA PRIVATE KEY-----",
    "aa:bb:cc:dd:ee:ff", "353456789012348", "/Users/ann/shop/main.swift",
]
SECRET_KEYS = ["password", "api_key", "apiKey", "Authorization", "cookie", "secret", "access_token", "authToken",
               "session_id", "credentials", "private_key", "passwd", "bearer", "csrftoken", "harmless"]


def places(value, path=()):
    """All paths of a JSON value, but not the root."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def put(event, path, value):
    for key in path[:-1]:
        event = event[key]
    event[path[-1]] = value


def with_mistakes(rng, event):
    event = copy.deepcopy(event)
    for _ in range(rng.randint(1, 4)):
        put(event, rng.choice(list(places(event))), copy.deepcopy(rng.choice(WRONG)))
    return event


def with_secrets(rng, event):
    event = copy.deepcopy(event)
    event.setdefault("extra", {})
    event["extra"][rng.choice(SECRET_KEYS)] = rng.choice(["0123456789abcdef", {"inner": "0123456789abcdef"}, 12345])
    event.setdefault("request", {"url": "https://shop.example/"}).setdefault("headers", {})
    event["request"]["headers"][rng.choice(SECRET_KEYS)] = "0123456789abcdef"
    event["request"].setdefault("data", {rng.choice(SECRET_KEYS): "0123456789abcdef"})
    event.setdefault("user", {"id": "1"})["ip_address"] = "203.0.113.77"
    event.setdefault("contexts", {})["shop"] = {rng.choice(SECRET_KEYS): "0123456789abcdef"}
    texts = ["extra.note", "contexts.shop.note", "tags.note", "message"]
    for _ in range(3):
        place, secret = rng.choice(texts), f"before {rng.choice(SECRETS)} after"
        if place == "message":
            event["logentry"] = {"formatted": secret}
        elif place == "tags.note":
            event["tags"] = {"note": secret.replace("\n", " ")}
        else:
            put(event, tuple(place.split(".")), secret)
    exceptions = event.get("exception")
    if isinstance(exceptions, dict) and exceptions.get("values"):
        exceptions["values"][0]["value"] = f"before {rng.choice(SECRETS)} after"
        frames = (exceptions["values"][0].get("stacktrace") or {}).get("frames")
        if frames:
            frames[-1]["vars"] = {rng.choice(SECRET_KEYS): "0123456789abcdef", "x": rng.choice(SECRETS)}
    crumb = {"timestamp": 1767225580, "message": rng.choice(SECRETS), "data": {rng.choice(SECRET_KEYS): "0123456789abcdef"}}
    event["breadcrumbs"] = {"values": [crumb]}
    return event


def relay_normalized(event):
    # A normaliser keeps state: the event id that it saw.
    normalizer = StoreNormalizer(protocol_version="7", client_ip="203.0.113.7", remove_other=True, enable_trimming=True,
                                 received_at=RECEIVED, max_secs_in_past=30 * 86400, max_secs_in_future=60)
    return normalizer.normalize_event(event)


def in_our_form(event):
    """Relay's event with the names and the notation of ours."""
    event = copy.deepcopy(event)
    for name in ("_meta", "errors", "type", "version", "event_id", "received"):
        event.pop(name, None)
    for name in ("exception", "threads", "breadcrumbs"):
        event[name] = [item for item in (event.get(name) or {}).get("values") or [] if item]
    for item in [event, *event["breadcrumbs"]]:
        if item.get("timestamp") is not None:
            item["timestamp"] = round(item["timestamp"] * 1000)
    for item in event["exception"]:
        item["thread_id"] = as_text(item.get("thread_id"))
    for item in event["threads"]:
        item["id"] = as_text(item.get("id"))
    images = (event.pop("debug_meta", None) or {}).get("images") or []
    event["debug_images"] = [image for image in images if image]
    for image in event["debug_images"]:
        if "uuid" in image:
            image["debug_id"] = image.pop("uuid")
    event["tags"] = {pair[0]: pair[1] for pair in event.get("tags") or [] if pair}
    return in_one_notation(event)


def in_one_notation(event):
    """What both write differently: headers in any order, addresses with or without zeros, ids in either case."""
    event = copy.deepcopy(event)
    for name in ("notes", "event_id", "received"):
        event.pop(name, None)
    request = event.get("request") or {}
    request["headers"] = {pair[0].lower(): pair[1] for pair in request.get("headers") or [] if pair}
    stacks = [item.get("stacktrace") or {} for item in [*event.get("exception", []), *event.get("threads", [])]]
    frames = [frame for stack in stacks for frame in stack.get("frames") or [] if frame]
    for holder in [*frames, *event.get("debug_images", []), *(stack.get("registers") or {} for stack in stacks)]:
        for key, value in holder.items():
            if isinstance(value, str) and re.fullmatch("0x[0-9a-fA-F]+", value):
                holder[key] = hex(int(value, 16))
    for image in event.get("debug_images", []):
        image["debug_id"] = (image.get("debug_id") or "").lower()
    return event


def as_text(value):
    return value if value is None else str(value)


def without_indices(path):
    free = {"extra", "contexts", "tags", "vars", "data", "headers", "env", "registers", "modules", "meta", "params"}
    steps, is_free = [], False
    for step in path:
        steps.append("*" if isinstance(step, int) or is_free else step)
        is_free = is_free or step in free
        if is_free and len(steps) > 1 and steps[-2:] == ["*", "*"]:
            steps.pop()
    return ".".join(steps)


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    elif value is not None and value != "":
        yield path, value


def alike(ours, relays):
    if ours == relays:
        return True
    numbers = all(isinstance(it, (int, float)) and not isinstance(it, bool) for it in (ours, relays))
    return numbers and abs(ours - relays) < 0.001


def kind_of(mine, theirs):
    if theirs is None:
        written_out = isinstance(mine, str) and mine.lower() in {str(wrong).lower() for wrong in WRONG if wrong != "true"}
        return "only mayday, written out" if written_out else "only mayday"
    if mine is None:
        return "only relay"
    if isinstance(theirs, str) and isinstance(mine, str):
        if "\0" in theirs and mine == theirs.replace("\0", ""):
            return "NUL"
        if min(len(mine), len(theirs)) > 50 and mine[:50] == theirs[:50]:
            return "shortened elsewhere"
        if mine == theirs.lower():
            return "case"
    return "differs"


def differences(event, ours, relays):
    ours, relays = dict(leaves(in_one_notation(ours))), dict(leaves(in_our_form(relays)))
    for path in sorted(ours.keys() | relays.keys(), key=str):
        mine, theirs = ours.get(path), relays.get(path)
        if not alike(mine, theirs):
            yield without_indices(path), kind_of(mine, theirs), (mine, theirs)


def scrub_differences(before, ours, relays_before, relays):
    ours_before, ours = dict(leaves(in_one_notation(before))), dict(leaves(in_one_notation(ours)))
    relays_before, relays = dict(leaves(in_our_form(relays_before))), dict(leaves(in_our_form(relays)))
    for path in ours_before.keys() & relays_before.keys():
        mine = CHANGED if ours.get(path) != ours_before[path] else NO_CHANGE
        theirs = CHANGED if relays.get(path) != relays_before[path] else NO_CHANGE
        if mine != theirs:
            key = str(path[-1]) if isinstance(ours_before[path], str) and "0123456789" in ours_before[path] else ""
            found = next((secret for secret in SECRETS if secret.replace("\n", " ") in str(ours_before[path]).replace("\n", " ")), key)
            yield f"{without_indices(path)} {found[:24]!r}", f"mayday {mine}, relay {theirs}", \
                (ours.get(path), relays.get(path))


def mayday(program, events, *arguments):
    lines = "".join(json.dumps(event) + "\n" for event in events)
    done = subprocess.run([program, *arguments], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


# (phase, path, what differs): the reason. Regular expressions; the first that fits counts.
EXPLAINED = [
    ("normalize", ".*", "NUL", "NUL characters are removed: no database and no page can show them"),
    ("normalize", ".*", "shortened elsewhere", "other limits, see LIMITS.md"),
    ("normalize", ".*", "only mayday, written out", "a number or boolean where text belongs is written out"),
    ("normalize", ".*", "case", "booleans are written as in JSON, not as in Python"),
    ("normalize", r"contexts\.\*", "only relay", "types of contexts and joined names are derived where they are shown"),
    ("normalize", r"contexts\.\*|exception\.\*\.mechanism\.meta\.\*", "only mayday",
     "contexts are free-form: a member of an unexpected type stays"),
    ("normalize", "request.query_string|request.url", ".*", "a URL stays whole, its query is not split off"),
    ("normalize", "server_name|transaction|fingerprint.*|user.data.*", "only mayday",
     "relay has it as a tag, as culprit, as checksum, or by its own name"),
    ("normalize", "user.ip_address", "differs", "{{auto}} is the sender's address at once"),
    ("normalize", "logentry.*", "only mayday|differs", "a log entry with odd parameters is kept, and filled in as far as it goes"),
    ("normalize", r"release|.*\.abs_path", "differs", "a number is written out as it came"),
    ("normalize", "logentry.formatted", "only relay", "an empty list is no message: PHP sends it for an empty object"),
    ("normalize", "platform", "differs", "platforms are names: a new one is kept"),
    ("normalize", "level", "differs", "numbers are levels of Python's and Node's loggers"),
    ("normalize", r"debug_images\.\*.*", "only mayday|differs", "identifiers are read by symbolication, not refused here"),
    ("normalize", r".*\*", "differs", "a number too large for 64 bits is kept as a float, not as 0"),
    ("normalize", "timestamp", "differs", "a date without time of day is midnight UTC"),
    ("normalize", ".*", "only mayday", "a value of another type than expected is kept where it can be read"),
    ("normalize", r"request\.query_string.*|request\.url", ".*", "a URL stays whole, its query is not split off"),
    ("normalize", "request.inferred_content_type", "only relay", "a body stays as sent; it is scrubbed as text, too"),
    ("normalize", r"user\.sentry_user", "only relay", "derived where users are counted"),
    ("normalize", r"user\.(geo\..*)", "only relay", "what the model does not know is under user.data"),
    ("normalize", r".*\.abs_path", "only relay", "a missing path is derived where it is shown"),
    ("normalize", r".*\.filename", "only relay", "a missing file name is derived where it is shown"),
    ("normalize", r"tags\.\*", "only relay", "server_name is a field and a derived tag; device.class is Sentry's own; "
     "keys of tags that are not text are written out otherwise"),
    ("normalize", "checksum|culprit", "only relay", "legacy: read as fingerprint and transaction"),
    ("normalize", r"breadcrumbs\.\*\.(type|level)|exception\.\*\.mechanism\.type", "only relay",
     "no defaults are made up"),
    ("normalize", r"exception\.\*\.mechanism\.meta\.\*", "only relay", "signals are named where they are shown"),
    ("normalize", r"exception\.\*\.mechanism\.data\.\*", "only relay", "what is no object is dropped with a note"),
    ("normalize", r".*\.lineno", "only relay", "a boolean is no number"),
    ("scrub", ".* '078-05-1120'", "mayday keeps, relay scrubs",
     "US social security numbers: a rule of the project's own finds them where they are wanted gone"),
    ("scrub", "(logentry|exception|tags).*", "mayday scrubs, relay keeps",
     "relay's defaults look for little in messages and nothing in exceptions' values and tags"),
    ("scrub", ".* '(cookie|bearer|session_id|csrftoken|inner|)'", "mayday scrubs, relay keeps",
     "more keys are sensitive, numbers under them too, and all that is under one"),
    ("scrub", ".* '.*(@|IBAN|:1:2::|203\\.|hunter|PRIVATE|Bearer).*'", "mayday scrubs, relay keeps",
     "relay's defaults leave e-mail addresses, IPv6, URLs' and forms' passwords and keys in most places"),
]


def report(phase, classes):
    unexplained = 0
    for (path, kind), examples in sorted(classes.items(), key=lambda it: (-len(it[1]), it[0])):
        reason = next((why for of, at, what, why in EXPLAINED
                       if of == phase and re.fullmatch(at, path) and re.fullmatch(what, kind)), None)
        unexplained += reason is None
        mine, theirs = (str(value)[:70] for value in examples[0])
        print(f"{phase}: {path}: {kind} ({len(examples)}): {reason or 'UNEXPLAINED'}")
        if reason is None:
            print(f"    mayday {mine!r}\n    relay  {theirs!r}")
    return unexplained


def main():
    program = sys.argv[1]
    rng = random.Random(SEED)
    bases = list(sdk_events().values())
    mistaken = bases + [with_mistakes(rng, rng.choice(bases)) for _ in range(VARIATIONS)]
    secret = [with_secrets(rng, rng.choice(bases)) for _ in range(VARIATIONS)]

    classes = defaultdict(list)
    for event, ours in zip(mistaken, mayday(program, mistaken, json.dumps(OFF)), strict=True):
        for path, kind, values in differences(event, ours, relay_normalized(event)):
            classes[path, kind].append(values)
    unexplained = report("normalize", classes)

    config = convert_datascrubbing_config({"scrubData": True, "scrubDefaults": True, "scrubIpAddresses": True,
                                           "sensitiveFields": [], "excludeFields": []})
    classes = defaultdict(list)
    for event, before, ours in zip(secret, mayday(program, secret, json.dumps(OFF)), mayday(program, secret), strict=True):
        relays = relay_normalized(event)
        for path, kind, values in scrub_differences(before, ours, relays, pii_strip_event(config, relays)):
            classes[path, kind].append(values)
    unexplained += report("scrub", classes)

    print(f"{len(mistaken)} events normalised, {len(secret)} scrubbed; {unexplained} classes of differences unexplained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())

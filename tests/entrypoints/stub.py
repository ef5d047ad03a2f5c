"""A small server that keeps to the REST sheet and runs commands for real; until the true one is up."""

# ruff: noqa
from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

TERMINAL = {"succeeded", "failed", "cancelled", "lost"}
CALLER: ContextVar[dict[str, Any]] = ContextVar("caller")
TOKEN: ContextVar[str] = ContextVar("token")
FIELDS = {"limit", "cursor", "fields", "filter", "project"}


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Problem(Exception):
    def __init__(self, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None):
        self.status, self.code, self.detail, self.errors = status, code, detail, errors or []


class StubServer:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.token = "sub_admin"
        self.port = 0
        self.experiments: dict[str, dict[str, Any]] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.points: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.seen: set[tuple[str, str, int]] = set()
        self.duplicates = 0
        self.events: list[dict[str, Any]] = []
        self.users: dict[str, dict[str, Any]] = {"admin": self._user("admin", admin=True)}
        self.passwords = {"admin": "secret"}
        self.tokens: dict[str, dict[str, Any]] = {"sub_admin": {"id": "t0", "user": "admin", "kind": "user"}}
        self.teams: dict[str, dict[str, Any]] = {}
        self.members: dict[str, dict[str, str]] = {}
        self.projects: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, bytes] = {}
        self.artifacts: dict[str, dict[str, tuple[dict[str, Any], bytes]]] = {}
        self.answers: dict[str, tuple[bytes, int, bytes]] = {}
        self.draining = False
        self.min_client = "0.1.0"
        self._team("main")
        self._project("main", "default")

    # -- life ----------------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._open())
        ready.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self._close())
        self.loop.close()

    async def _open(self) -> None:
        app = web.Application(middlewares=[self._edge], client_max_size=1 << 26)
        for method, path, handler in self._routes():
            app.router.add_route(method, "/api/v1" + path, handler)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self.runner.addresses[0][1]

    async def _close(self) -> None:
        await self.runner.cleanup()
        tasks = asyncio.all_tasks(self.loop) - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    def restart(self, away: float = 0.0) -> None:
        self.stop()
        time.sleep(away)
        self.start()

    def close(self) -> None:
        self.stop()
        for process in self.processes.values():
            process.kill()
            process.wait()

    # -- values --------------------------------------------------------------------------------------
    def _user(self, name: str, **more: Any) -> dict[str, Any]:
        user = {"name": name, "email": None, "display_name": None, "admin": False, "disabled": False}
        return {**user, "created_at": stamp(), **more}

    def _team(self, name: str, description: str = "") -> dict[str, Any]:
        self.members[name] = {"admin": "maintainer"}
        self.teams[name] = {
            "name": name,
            "description": description,
            "created_at": stamp(),
            "role": "maintainer",
        }
        return self.teams[name]

    def _project(self, team: str, name: str, description: str = "") -> dict[str, Any]:
        ref = f"{team}/{name}"
        self.projects[ref] = {
            "id": secrets.token_hex(13), "name": name, "team": team, "ref": ref,
            "description": description, "created_at": stamp(),
        }  # fmt: skip
        return self.projects[ref]

    def _find_project(self, ref: str) -> dict[str, Any]:
        found = [p for p in self.projects.values() if ref in (p["id"], p["name"], p["ref"])]
        if not found:
            raise Problem(404, "not-found", f"there is no project {ref}")
        if len(found) > 1:
            raise Problem(409, "conflict", f"{ref} is in several teams")
        return found[0]

    def _find(self, ref: str, project: str | None = None) -> dict[str, Any]:
        for experiment in reversed(self.experiments.values()):
            if ref == experiment["id"] or (
                ref == experiment["name"] and (not project or project in experiment["project"])
            ):
                return experiment
        raise Problem(404, "not-found", f"there is no experiment {ref}")

    def _set(self, experiment: dict[str, Any], state: str, reason: str = "", message: str = "") -> None:
        experiment |= {"state": state, "reason": reason, "message": message, "since_at": stamp()}
        if state == "running":
            experiment["started_at"] = stamp()
        if state in TERMINAL:
            experiment["ended_at"] = stamp()
        experiment["version"] += 1
        self.events.append(
            {
                "id": f"{len(self.events) + 1:08d}", "at": stamp(), "type": "state", "experiment": experiment["id"],
                "project": experiment["project"], "state": state, "reason": reason, "message": message,
                "attempt": experiment["attempt"], "data": {},
            }
        )  # fmt: skip

    # -- running -------------------------------------------------------------------------------------
    def _submit(self, spec: dict[str, Any], rerun_of: str | None = None) -> dict[str, Any]:
        known = {
            "kind", "name", "project", "description", "tags", "framework", "environment", "code", "command", "params",
            "env", "resources", "roles", "placement", "queue", "priority", "max_duration", "retry", "success", "grace",
        }  # fmt: skip
        errors = [
            {"field": k, "reason": "unknown key", "expected": ", ".join(sorted(known))}
            for k in spec.keys() - known
        ]
        if "command" not in spec and "roles" not in spec:
            errors.append({"field": "command", "reason": "is missing", "expected": "a list or a string"})
        if errors:
            raise Problem(422, "invalid", f"{errors[0]['field']}: {errors[0]['reason']}", errors)
        project = self._find_project(spec.get("project", "default"))
        name = spec.get("name") or f"exp-{secrets.token_hex(3)}"
        if any(e["name"] == name and e["state"] not in TERMINAL for e in self.experiments.values()):
            raise Problem(409, "conflict", f"an experiment named {name} is live in {project['ref']}")
        experiment = {
            "id": f"{time.time_ns():026d}", "name": name, "project": project["ref"],
            "description": spec.get("description", ""), "tags": spec.get("tags", []), "params": spec.get("params", {}),
            "state": "accepted", "reason": "", "message": "", "since_at": stamp(), "created_at": stamp(),
            "started_at": None, "ended_at": None, "created_by": "admin", "attempt": 1, "cluster": "local",
            "queue": spec.get("queue"), "priority": "normal", "framework": spec.get("framework", "none"),
            "exit_code": None, "metrics": {}, "rerun_of": rerun_of, "version": 1, "spec": spec,
            "replicas": [{"role": "worker", "index": 0, "phase": "pending", "exit_code": None, "reason": None,
                          "message": None, "node": "here", "started_at": None, "ended_at": None}],
        }  # fmt: skip
        self.experiments[experiment["id"]] = experiment
        self._set(experiment, "accepted")
        if spec.get("queue") == "never":
            self._set(experiment, "queued", "no-room", "the cluster is full")
        else:
            self._launch(experiment)
        return experiment

    def _launch(self, experiment: dict[str, Any]) -> None:
        spec = experiment["spec"]
        command = spec.get("command") or next(iter(spec["roles"].values()))["command"]
        argv = ["sh", "-c", command] if isinstance(command, str) else command
        token = f"sjt_{experiment['id']}"
        self.tokens[token] = {"id": token, "user": "admin", "kind": "job"}
        env = {
            **os.environ, **{k: str(v) for k, v in spec.get("env", {}).items()},
            "SUBMARINE_URL": self.url, "SUBMARINE_TOKEN": token, "SUBMARINE_EXPERIMENT": experiment["id"],
            "SUBMARINE_PROJECT": experiment["project"], "SUBMARINE_ATTEMPT": "1", "SUBMARINE_ROLE": "worker",
            "SUBMARINE_INDEX": "0", "SUBMARINE_REPLICA": "worker-0", "PYTHONUNBUFFERED": "1",
            "SUBMARINE_SPOOL": str(self.root / experiment["id"] / "spool"),
            "SUBMARINE_OUTPUT": str(self.root / experiment["id"] / "output"),
        }  # fmt: skip
        for name in ("spool", "output"):
            (self.root / experiment["id"] / name).mkdir(parents=True)
        try:
            with self._log(experiment).open("wb") as log:
                process = subprocess.Popen(
                    argv, stdout=log, stderr=subprocess.STDOUT, env=env, start_new_session=True
                )
        except OSError as error:
            self._set(experiment, "failed", "cannot-start", str(error))
            return
        self.processes[experiment["id"]] = process
        self._set(experiment, "running")
        experiment["replicas"][0] |= {"phase": "running", "started_at": stamp()}
        threading.Thread(target=self._reap, args=(experiment, process), daemon=True).start()

    def _log(self, experiment: dict[str, Any]) -> Path:
        return self.root / experiment["id"] / "log"

    def _reap(self, experiment: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        for path in (self.root / experiment["id"] / "spool").glob("*.jsonl"):
            for line in path.read_text().splitlines():
                self._collect(experiment, json.loads(line))
        experiment["exit_code"] = code
        experiment["replicas"][0] |= {"phase": "succeeded" if code == 0 else "failed", "exit_code": code}
        if experiment["state"] == "cancelling":
            self._set(experiment, "cancelled", "cancelled", "by admin")
        elif code == 0:
            self._set(experiment, "succeeded")
        else:
            self._set(experiment, "failed", f"exit:{code}", f"worker-0 exited with {code}")

    def _collect(self, experiment: dict[str, Any], line: dict[str, Any]) -> None:
        if line["kind"] == "metrics":
            self._accept(experiment, line)
        elif line["kind"] == "params":
            experiment["params"] |= line["params"]
        else:
            experiment["tags"] = sorted({*experiment["tags"], *line.get("add", [])})

    def _accept(self, experiment: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        key = (experiment["id"], body.get("writer", ""), body.get("sequence", 0))
        if key[1] and key in self.seen:
            self.duplicates += 1
            return {"accepted": 0, "duplicate": True}
        errors = [
            {"field": f"points[{i}].key", "reason": "too long", "expected": "at most 250 characters"}
            for i, p in enumerate(body["points"]) if len(p["key"]) > 250
        ]  # fmt: skip
        if errors:
            raise Problem(422, "invalid", "points: wrong", errors)
        self.seen.add(key)
        for point in body["points"]:
            series = self.points.setdefault(experiment["id"], {}).setdefault(point["key"], [])
            series.append({"step": point.get("step"), "at": point.get("at"), "value": point["value"]})
            experiment["metrics"][point["key"]] = point["value"]
        return {"accepted": len(body["points"]), "duplicate": False}

    # -- the edge ------------------------------------------------------------------------------------
    @web.middleware
    async def _edge(self, request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
        request_id = request.headers.get("X-Request-Id", secrets.token_hex(8))
        try:
            response = await self._replayed(request, handler)
        except Problem as problem:
            response = web.json_response(
                {
                    "type": f"urn:submarine:{problem.code}", "title": problem.code, "status": problem.status,
                    "detail": problem.detail, "code": problem.code, "request_id": request_id, "errors": problem.errors,
                },
                status=problem.status, content_type="application/problem+json",
            )  # fmt: skip
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
        return response

    async def _replayed(self, request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
        if request.match_info.http_exception is not None:
            raise Problem(404, "not-found", f"there is no {request.path}")
        if request.path not in ("/api/v1/login", "/api/v1/server/info"):
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if token not in self.tokens:
                raise Problem(401, "unauthenticated", "the token is not known")
            CALLER.set(self.users[self.tokens[token]["user"]])
            TOKEN.set(token)
        if request.method != "POST":
            return await handler(request)
        key, body = request.headers.get("Idempotency-Key"), await request.read()
        if key is None:
            raise Problem(422, "invalid", "no Idempotency-Key")
        if key in self.answers:
            before, status, answer = self.answers[key]
            if before != body:
                raise Problem(409, "conflict", "the key was used with another body")
            return web.Response(
                body=answer,
                status=status,
                content_type="application/json",
                headers={"Idempotency-Replayed": "true"},
            )
        response: web.Response = await handler(request)
        self.answers[key] = (
            body,
            response.status,
            response.body if isinstance(response.body, bytes) else b"",
        )
        return response

    def _only(self, request: web.Request, *known: str) -> None:
        if odd := set(request.query) - set(known):
            raise Problem(422, "invalid", f"unknown query key {min(odd)}")

    def _page(self, request: web.Request, items: list[dict[str, Any]], *more: str) -> web.Response:
        self._only(request, *FIELDS, *more)
        limit = int(request.query.get("limit", 50))
        if not 1 <= limit <= 500:
            raise Problem(422, "invalid", "limit: out of range")
        start = int(base64.b64decode(request.query["cursor"])) if "cursor" in request.query else 0
        end = start + limit
        cursor = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
        return web.json_response({"items": items[start:end], "next_cursor": cursor})

    def _one(self, experiment: dict[str, Any], request: web.Request, status: int = 200) -> web.Response:
        fields = request.query.get("fields")
        shown = experiment if not fields else {k: experiment[k] for k in fields.split(",")}
        return web.json_response(shown, status=status, headers={"ETag": f'"{experiment["version"]}"'})

    def _admin(self, request: web.Request) -> None:
        if not CALLER.get()["admin"]:
            raise Problem(403, "forbidden", "only an administrator may do this")

    # -- routes --------------------------------------------------------------------------------------
    def _routes(self) -> list[tuple[str, str, Callable[..., Any]]]:
        return [
            ("POST", "/login", self.login),
            ("POST", "/logout", self.logout),
            ("GET", "/me", self.me),
            ("GET", "/server/info", self.info),
            ("POST", "/experiments", self.submit),
            ("GET", "/experiments", self.list),
            ("GET", "/experiments/{ref}", self.get),
            ("PATCH", "/experiments/{ref}", self.update),
            ("DELETE", "/experiments/{ref}", self.delete),
            ("POST", "/experiments/{ref}/cancel", self.cancel),
            ("POST", "/experiments/{ref}/suspend", self.suspend),
            ("POST", "/experiments/{ref}/resume", self.resume),
            ("POST", "/experiments/{ref}/rerun", self.rerun),
            ("POST", "/experiments/{ref}/clone", self.clone),
            ("GET", "/experiments/{ref}/diff/{other}", self.diff),
            ("GET", "/experiments/{ref}/explain", self.explain),
            ("GET", "/experiments/{ref}/events", self.history),
            ("GET", "/events", self.stream),
            ("GET", "/experiments/{ref}/logs", self.logs),
            ("POST", "/experiments/{ref}/metrics", self.log_metrics),
            ("GET", "/experiments/{ref}/metrics", self.metrics),
            ("GET", "/experiments/{ref}/metrics/{key}", self.metric),
            ("PATCH", "/experiments/{ref}/params", self.params),
            ("PATCH", "/experiments/{ref}/tags", self.tags),
            ("PUT", "/experiments/{ref}/artifacts/{path:.+}", self.put_artifact),
            ("POST", "/experiments/{ref}/artifacts", self.register_artifact),
            ("GET", "/experiments/{ref}/artifacts", self.list_artifacts),
            ("GET", "/experiments/{ref}/artifacts/{path:.+}", self.get_artifact),
            ("*", "/projects/{ref}/code/{digest}", self.code),
            ("GET", "/clusters", self.clusters),
            ("GET", "/clusters/{name}", self.cluster),
            ("POST", "/clusters/{name}/{verb}", self.drain),
            ("GET", "/teams", self.list_teams),
            ("POST", "/teams", self.make_team),
            ("GET", "/teams/{name}", self.get_team),
            ("DELETE", "/teams/{name}", self.drop_team),
            ("GET", "/teams/{name}/members", self.list_members),
            ("*", "/teams/{name}/members/{user}", self.set_member),
            ("GET", "/projects", self.list_projects),
            ("POST", "/projects", self.make_project),
            ("*", "/projects/{ref}", self.project),
            ("GET", "/users", self.list_users),
            ("POST", "/users", self.make_user),
            ("PUT", "/users/{name}/password", self.password),
            ("*", "/users/{name}", self.user),
            ("GET", "/tokens", self.list_tokens),
            ("POST", "/tokens", self.make_token),
            ("DELETE", "/tokens/{id}", self.drop_token),
            ("GET", "/audit", self.audit),
            ("GET", "/plugins", self.plugins),
        ]

    async def login(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.passwords.get(body["username"]) != body["password"]:
            raise Problem(401, "unauthenticated", "the user or the password is wrong")
        token = f"sub_{secrets.token_hex(8)}"
        self.tokens[token] = {"id": token[-6:], "user": body["username"], "kind": "user"}
        return web.json_response({"token": token, "expires_at": None, "user": self.users[body["username"]]})

    async def logout(self, request: web.Request) -> web.Response:
        del self.tokens[TOKEN.get()]
        return web.Response(status=204)

    async def me(self, request: web.Request) -> web.Response:
        user = {k: CALLER.get()[k] for k in ("name", "email", "display_name", "admin")}
        teams = [{"team": t, "role": m[user["name"]]} for t, m in self.members.items() if user["name"] in m]
        token = {
            "id": self.tokens[TOKEN.get()]["id"],
            "kind": "user",
            "scopes": ["admin"],
            "expires_at": None,
        }
        return web.json_response({**user, "teams": teams, "token": token})

    async def info(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"version": "0.1.0", "api": "v1", "min_client": self.min_client, "features": []}
        )

    async def submit(self, request: web.Request) -> web.Response:
        self._only(request, "dry_run")
        spec = await request.json()
        if request.query.get("dry_run") == "true":
            placement = {
                "at": stamp(), "policy": "least-loaded", "chosen": "local", "reason": "the only one",
                "candidates": [{"cluster": "local", "taken": True, "reason": "has room"}],
            }  # fmt: skip
            return web.json_response(
                {"experiment": spec, "cluster": "local", "placement": placement, "faults": []}
            )
        digest = spec.get("code", {}).get("archive", {}).get("digest")
        if digest and digest not in self.codes:
            raise Problem(422, "invalid", "code.archive: not uploaded")
        return self._one(self._submit(spec), request, 201)

    async def list(self, request: web.Request) -> web.Response:
        text = request.query.get("filter", "")
        if text.startswith("nonsense"):
            raise Problem(422, "invalid", "filter: unknown field nonsense; there are state, name, tags")
        found = [
            e for e in reversed(self.experiments.values()) if "state = " not in text or e["state"] in text
        ]
        fields = request.query.get("fields")
        shown = [
            {
                k: v
                for k, v in e.items()
                if (k in fields.split(",") if fields else k not in ("spec", "replicas"))
            }
            for e in found
        ]
        return self._page(request, shown)

    async def get(self, request: web.Request) -> web.Response:
        self._only(request, "project", "fields")
        return self._one(self._find(request.match_info["ref"], request.query.get("project")), request)

    async def update(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        if request.headers.get("If-Match", f'"{experiment["version"]}"') != f'"{experiment["version"]}"':
            raise Problem(412, "precondition-failed", "the experiment changed")
        experiment |= await request.json()
        experiment["version"] += 1
        return self._one(experiment, request)

    async def delete(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        if experiment["state"] not in TERMINAL:
            raise Problem(409, "conflict", f"{experiment['name']} is {experiment['state']}; cancel it first")
        del self.experiments[experiment["id"]]
        return web.Response(status=204)

    async def cancel(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        if experiment["state"] == "queued":
            self._set(experiment, "cancelled", "cancelled", "by admin")
        elif experiment["state"] not in TERMINAL:
            self._set(experiment, "cancelling")
            os.killpg(self.processes[experiment["id"]].pid, 15)
        return self._one(experiment, request)

    async def suspend(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        if experiment["state"] != "running":
            raise Problem(409, "conflict", f"{experiment['name']} is {experiment['state']}, not running")
        self._set(experiment, "suspended")
        os.killpg(self.processes[experiment["id"]].pid, 19)
        return self._one(experiment, request)

    async def resume(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        self._set(experiment, "running")
        os.killpg(self.processes[experiment["id"]].pid, 18)
        return self._one(experiment, request)

    async def rerun(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        spec = {**experiment["spec"], "name": f"{experiment['name']}-2"}
        return self._one(self._submit(spec, experiment["id"]), request, 201)

    async def clone(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        spec = {**experiment["spec"], **(await request.json())["changes"]}
        spec.pop("name", None)
        return self._one(self._submit(spec), request, 201)

    async def diff(self, request: web.Request) -> web.Response:
        a, b = self._find(request.match_info["ref"]), self._find(request.match_info["other"])

        def changes(left: dict[str, Any], right: dict[str, Any]) -> list[dict[str, Any]]:
            return [
                {"path": k, "a": left.get(k), "b": right.get(k)}
                for k in sorted({*left, *right}) if left.get(k) != right.get(k)
            ]  # fmt: skip

        parts = {k: changes(a[k], b[k]) for k in ("spec", "params", "metrics")}
        return web.json_response({"a": a["id"], "b": b["id"], **parts})

    async def explain(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        history = [
            {k: e[k] for k in ("at", "state", "reason", "message", "attempt")}
            for e in self.events if e["experiment"] == experiment["id"]
        ]  # fmt: skip
        placement = {
            "at": stamp(), "policy": "least-loaded", "chosen": "local", "reason": "most free",
            "candidates": [{"cluster": "local", "taken": True, "reason": "has room"}],
        }  # fmt: skip
        shown = {k: experiment[k] for k in ("state", "reason", "message", "since_at")}
        return web.json_response({**shown, "waits_for": None, "placement": placement, "history": history})

    async def history(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        return self._page(request, [e for e in self.events if e["experiment"] == experiment["id"]])

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self._only(request, "experiment", "project")
        ref = request.query.get("experiment")
        experiment = self._find(ref) if ref else None
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        at = int(request.headers.get("Last-Event-ID", "0"))
        while True:
            while at < len(self.events):
                event = self.events[at]
                at += 1
                if experiment is None or event["experiment"] == experiment["id"]:
                    data = f"id: {event['id']}\nevent: state\ndata: {json.dumps(event)}\n\n"
                    await response.write(data.encode())
            if experiment is not None and experiment["state"] in TERMINAL:
                await response.write(b"event: end\ndata: {}\n\n")
                return response
            await response.write(b": beat\n\n")
            await asyncio.sleep(0.02)

    async def logs(self, request: web.Request) -> web.StreamResponse:
        self._only(request, "role", "index", "attempt", "offset", "tail", "follow")
        experiment = self._find(request.match_info["ref"])
        if request.query.get("role", "worker") != "worker" or request.query.get("index", "0") != "0":
            raise Problem(404, "not-found", "there is no such replica; there is worker-0")
        path, follow = self._log(experiment), request.query.get("follow") == "true"
        data = path.read_bytes() if path.exists() else b""
        at = int(request.query.get("offset", 0))
        if "tail" in request.query:
            at = len(data) - sum(
                len(line) for line in data.splitlines(keepends=True)[-int(request.query["tail"]) :]
            )
        headers = {"Content-Type": "text/plain; charset=utf-8", "Submarine-Log-Offset": str(at)}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        while True:
            ended = experiment["state"] in TERMINAL
            data = path.read_bytes()[at:] if path.exists() else b""
            at += len(data)
            if data:
                await response.write(data)
            elif ended or not follow:
                return response
            if follow:
                await asyncio.sleep(0.02)

    async def log_metrics(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        return web.json_response(self._accept(experiment, await request.json()))

    async def metrics(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        items = [
            {
                "key": key, "value": points[-1]["value"], "step": points[-1]["step"], "at": stamp(),
                "min": min(float(p["value"]) for p in points), "max": max(float(p["value"]) for p in points),
                "count": len(points),
            }
            for key, points in self.points.get(experiment["id"], {}).items()
        ]  # fmt: skip
        return web.json_response({"items": items})

    async def metric(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        series = self.points.get(experiment["id"], {}).get(request.match_info["key"])
        if series is None:
            raise Problem(404, "not-found", f"there is no metric {request.match_info['key']}")
        return self._page(request, series, "max_points")

    async def params(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        for key, value in (await request.json())["params"].items():
            if experiment["params"].setdefault(key, value) != value:
                raise Problem(409, "conflict", f"the param {key} is {experiment['params'][key]} already")
        return web.json_response({})

    async def tags(self, request: web.Request) -> web.Response:
        experiment, body = self._find(request.match_info["ref"]), await request.json()
        kept = [t for t in experiment["tags"] if t not in body.get("remove", [])]
        experiment["tags"] = kept + [t for t in body.get("add", []) if t not in kept]
        return web.json_response({"tags": experiment["tags"]})

    async def put_artifact(self, request: web.Request) -> web.Response:
        experiment, path, data = (
            self._find(request.match_info["ref"]),
            request.match_info["path"],
            await request.read(),
        )
        digest = hashlib.sha256(data).hexdigest()
        artifact = {
            "path": path,
            "uri": f"file:///{path}",
            "size": len(data),
            "digest": digest,
            "created_at": stamp(),
        }
        self.artifacts.setdefault(experiment["id"], {})[path] = (artifact, data)
        return web.json_response(artifact, status=201)

    async def register_artifact(self, request: web.Request) -> web.Response:
        experiment, body = self._find(request.match_info["ref"]), await request.json()
        artifact = {"size": None, "digest": None, **body, "created_at": stamp()}
        self.artifacts.setdefault(experiment["id"], {})[body["path"]] = (artifact, b"")
        return web.json_response(artifact, status=201)

    async def list_artifacts(self, request: web.Request) -> web.Response:
        experiment = self._find(request.match_info["ref"])
        return self._page(request, [a for a, _ in self.artifacts.get(experiment["id"], {}).values()])

    async def get_artifact(self, request: web.Request) -> web.Response:
        found = self.artifacts.get(self._find(request.match_info["ref"])["id"], {}).get(
            request.match_info["path"]
        )
        if found is None:
            raise Problem(404, "not-found", f"there is no artifact {request.match_info['path']}")
        return web.Response(body=found[1])

    async def code(self, request: web.Request) -> web.Response:
        self._find_project(request.match_info["ref"])
        digest = request.match_info["digest"]
        if request.method == "HEAD":
            return web.Response(status=200 if digest in self.codes else 404)
        data = await request.read()
        if hashlib.sha256(data).hexdigest() != digest:
            raise Problem(422, "invalid", "the digest differs")
        self.codes[digest] = data
        return web.Response(status=201)

    def _cluster(self) -> dict[str, Any]:
        total = {"cpu": 2000, "memory": 1 << 33, "extra": {}}
        return {
            "name": "local", "runtime": "local", "labels": {"zone": "a"},
            "health": "draining" if self.draining else "ok", "since_at": stamp(), "reason": "",
            "capacity": {"total": total, "free": total, "queues": [], "notes": []}, "running": 0, "queued": 0,
        }  # fmt: skip

    async def clusters(self, request: web.Request) -> web.Response:
        return self._page(request, [self._cluster()])

    async def cluster(self, request: web.Request) -> web.Response:
        if request.match_info["name"] != "local":
            raise Problem(
                404, "not-found", f"there is no cluster {request.match_info['name']}; there is local"
            )
        return web.json_response(self._cluster())

    async def drain(self, request: web.Request) -> web.Response:
        self._admin(request)
        self.draining = request.match_info["verb"] == "drain"
        return await self.cluster(request)

    async def list_teams(self, request: web.Request) -> web.Response:
        return self._page(request, [*self.teams.values()])

    async def make_team(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["name"] in self.teams:
            raise Problem(409, "conflict", f"the team {body['name']} is there")
        return web.json_response(self._team(**body), status=201)

    def _known_team(self, request: web.Request) -> str:
        name = request.match_info["name"]
        if name not in self.teams:
            raise Problem(404, "not-found", f"there is no team {name}")
        return name

    async def get_team(self, request: web.Request) -> web.Response:
        return web.json_response(self.teams[self._known_team(request)])

    async def drop_team(self, request: web.Request) -> web.Response:
        del self.teams[self._known_team(request)]
        return web.Response(status=204)

    async def list_members(self, request: web.Request) -> web.Response:
        members = self.members[self._known_team(request)]
        return self._page(request, [{"user": u, "role": r} for u, r in members.items()])

    async def set_member(self, request: web.Request) -> web.Response:
        members, user = self.members[self._known_team(request)], request.match_info["user"]
        if request.method == "DELETE":
            members.pop(user, None)
            return web.Response(status=204)
        role = (await request.json())["role"]
        members[user] = role
        return web.json_response({"user": user, "role": role})

    async def list_projects(self, request: web.Request) -> web.Response:
        return self._page(request, [*self.projects.values()])

    async def make_project(self, request: web.Request) -> web.Response:
        body = await request.json()
        project = self._project(body.get("team", "main"), body["name"], body.get("description", ""))
        return web.json_response(project, status=201)

    async def project(self, request: web.Request) -> web.Response:
        project = self._find_project(request.match_info["ref"])
        if request.method == "DELETE":
            del self.projects[project["ref"]]
            return web.Response(status=204)
        if request.method == "PATCH":
            project |= await request.json()
        return web.json_response(project)

    async def list_users(self, request: web.Request) -> web.Response:
        return self._page(request, [*self.users.values()])

    async def make_user(self, request: web.Request) -> web.Response:
        self._admin(request)
        body = await request.json()
        self.passwords[body["name"]] = body.pop("password", "")
        self.users[body["name"]] = self._user(**body)
        return web.json_response(self.users[body["name"]], status=201)

    async def user(self, request: web.Request) -> web.Response:
        user = self.users.get(request.match_info["name"])
        if user is None:
            raise Problem(404, "not-found", f"there is no user {request.match_info['name']}")
        if request.method == "DELETE":
            del self.users[user["name"]]
            return web.Response(status=204)
        if request.method == "PATCH":
            user |= await request.json()
        return web.json_response(user)

    async def password(self, request: web.Request) -> web.Response:
        self.passwords[request.match_info["name"]] = (await request.json())["password"]
        return web.Response(status=204)

    async def list_tokens(self, request: web.Request) -> web.Response:
        items = [
            {
                "id": t["id"], "name": t.get("name", ""), "scopes": ["admin"], "project": None, "expires_at": None,
                "created_at": stamp(), "last_used_at": None, "user": t["user"],
            }
            for t in self.tokens.values() if t["kind"] == "user"
        ]  # fmt: skip
        return self._page(request, items)

    async def make_token(self, request: web.Request) -> web.Response:
        body = await request.json()
        secret = f"sub_{secrets.token_hex(8)}"
        token = {"id": secret[-6:], "user": CALLER.get()["name"], "kind": "user", **body}
        self.tokens[secret] = token
        return web.json_response({**token, "token": secret}, status=201)

    async def drop_token(self, request: web.Request) -> web.Response:
        found = [k for k, t in self.tokens.items() if t["id"] == request.match_info["id"]]
        if not found:
            raise Problem(404, "not-found", f"there is no token {request.match_info['id']}")
        del self.tokens[found[0]]
        return web.Response(status=204)

    async def audit(self, request: web.Request) -> web.Response:
        self._admin(request)
        event = {
            "id": "1", "at": stamp(), "actor": "admin", "action": "user.create", "target": "ada", "project": None,
            "team": None, "request_id": "r", "outcome": "ok", "data": {},
        }  # fmt: skip
        return self._page(request, [event])

    async def plugins(self, request: web.Request) -> web.Response:
        item = {
            "name": "local", "kind": "adapter", "port": "runtime", "summary": "processes on this machine",
            "package": "submarine-server", "version": "0.1.0",
        }  # fmt: skip
        return web.json_response({"items": [item], "broken": [{"name": "bad", "error": "ImportError: x"}]})

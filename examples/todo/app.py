"""
Todo-Backend (https://todobackend.com): things to do, as a REST API that the pages of any origin may use.

Run it with `covet run examples.todo.app:app`; its description is at /docs.
"""

from dataclasses import asdict, dataclass

from covet import CovetPy, Request
from covet.database import DatabasePlugin
from covet.di import Lifetime
from covet.middleware import CORSMiddleware
from covet.openapi import OpenAPIPlugin
from covet.responses import RedirectResponse
from examples.todo.store import Changes, NewTodo, Number, Todo, TodoStore

app = CovetPy(
    middleware=[CORSMiddleware(allow_origins=["*"])], plugins=[DatabasePlugin(), OpenAPIPlugin(title="Todos")]
)
app.container.register(TodoStore, lifetime=Lifetime.SINGLETON)


@app.on_startup
async def create_table() -> None:
    store = await app.container.resolve(TodoStore)
    await store.create_table()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedTodo(Todo):
    """
    A todo as clients see it: with its address.
    """

    url: str


def link(request: Request, todo: Todo) -> LinkedTodo:
    """
    Add the address under which this client reaches a todo.
    """
    path = app.url_for("show_todo", todo_id=todo.id)
    return LinkedTodo(**asdict(todo), url=str(request.url.replace(path=path, query="")))


@app.get("/todos")
async def list_todos(request: Request, store: TodoStore) -> list[LinkedTodo]:
    return [link(request, todo) for todo in await store.list_all()]


@app.post("/todos", status_code=201)
async def create_todo(request: Request, store: TodoStore, new: NewTodo) -> LinkedTodo:
    return link(request, await store.add(new))


@app.delete("/todos")
async def delete_todos(store: TodoStore) -> None:
    await store.clear()


@app.get("/todos/{todo_id:int}")
async def show_todo(request: Request, store: TodoStore, todo_id: Number) -> LinkedTodo:
    return link(request, await store.get(todo_id))


@app.patch("/todos/{todo_id:int}")
async def change_todo(request: Request, store: TodoStore, todo_id: Number, changes: Changes) -> LinkedTodo:
    return link(request, await store.change(todo_id, changes))


@app.delete("/todos/{todo_id:int}")
async def delete_todo(store: TodoStore, todo_id: Number) -> None:
    await store.remove(todo_id)


@app.route("/", methods=["GET", "POST", "DELETE"])
async def go_to_todos() -> RedirectResponse:
    return RedirectResponse(app.url_for("list_todos"))

"""
Todo-Backend (https://todobackend.com): things to do, as a REST API that the pages of any origin may use.

Run it with `covet run examples.todo.app:app`; its description is at /docs.
"""

from dataclasses import asdict, dataclass

from covet import CovetPy, Request
from covet.middleware import CORSMiddleware
from covet.openapi import OpenAPIPlugin
from covet.responses import RedirectResponse
from examples.todo.store import Changes, NewTodo, Todo, TodoStore

app = CovetPy(middleware=[CORSMiddleware(allow_origins=["*"])], plugins=[OpenAPIPlugin(title="Todos")])
store = TodoStore()


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
async def list_todos(request: Request) -> list[LinkedTodo]:
    return [link(request, todo) for todo in store]


@app.post("/todos", status_code=201)
async def create_todo(request: Request, new: NewTodo) -> LinkedTodo:
    return link(request, store.add(new))


@app.delete("/todos")
async def delete_todos() -> None:
    store.clear()


@app.get("/todos/{todo_id:int}")
async def show_todo(request: Request, todo_id: int) -> LinkedTodo:
    return link(request, store.get(todo_id))


@app.patch("/todos/{todo_id:int}")
async def change_todo(request: Request, todo_id: int, changes: Changes) -> LinkedTodo:
    return link(request, store.change(todo_id, changes))


@app.delete("/todos/{todo_id:int}")
async def delete_todo(todo_id: int) -> None:
    store.remove(todo_id)


@app.route("/", methods=["GET", "POST", "DELETE"])
async def go_to_todos() -> RedirectResponse:
    return RedirectResponse(app.url_for("list_todos"))

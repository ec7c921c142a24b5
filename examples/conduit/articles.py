"""
Articles: write, change, list and find them, like them, comment on them.
"""

from typing import Annotated

from msgspec import UNSET
from sqlalchemy import ColumnElement, select

from covet import Query
from covet.auth import requires
from covet.core import CovetRouter
from covet.database.orm import Repository
from covet.exceptions import NotFoundError, PermissionDeniedError
from covet.validation import Constraints
from examples.conduit.errors import fail
from examples.conduit.models import Article, Comment, Favorite, Follow, Tag, User
from examples.conduit.shapes import (
    ArticleChanges,
    ArticleList,
    ArticleOut,
    ArticleSummary,
    CommentList,
    CommentOut,
    Name,
    NewArticle,
    NewComment,
    OfArticle,
    OfComment,
    TagList,
)
from examples.conduit.store import ArticleQuery, Articles, Comments, make_tags

LOGGED_IN = [requires()]
Id = Annotated[int, Constraints(ge=0, le=2**63 - 1)]

articles = CovetRouter(prefix="/articles", tags=["Articles"])
comments = CovetRouter(prefix="/articles/{slug}/comments", tags=["Comments"])
favorites = CovetRouter(prefix="/articles/{slug}/favorite", tags=["Favorites"], middleware=LOGGED_IN)
tags = CovetRouter(prefix="/tags", tags=["Tags"])


@articles.get("")
async def list_articles(
    store: Articles,
    query: Annotated[ArticleQuery, Query()],
    tag: Name | None = None,
    author: Name | None = None,
    favorited: Name | None = None,
) -> ArticleList:
    where: list[ColumnElement[bool]] = []
    if tag is not None:
        where.append(Article.tags.any(Tag.name == tag))
    if author is not None:
        where.append(Article.author.has(User.username == author))
    if favorited is not None:
        fans = select(Favorite.article_id).join(User, User.id == Favorite.user_id).where(User.username == favorited)
        where.append(Article.id.in_(fans))
    return await show_page(store, query, *where)


@articles.get("/feed", middleware=LOGGED_IN)
async def show_feed(store: Articles, query: Annotated[ArticleQuery, Query()]) -> ArticleList:
    followed = select(Follow.followed_id).where(Follow.follower_id == store.viewer)
    return await show_page(store, query, Article.author_id.in_(followed))


async def show_page(store: Articles, query: ArticleQuery, *where: ColumnElement[bool]) -> ArticleList:
    page = await store.list(query, *where, load=store.view())
    return ArticleList([ArticleSummary.of(article) for article in page.items], page.total or 0)


@articles.post("", status_code=201, middleware=LOGGED_IN)
async def create_article(body: OfArticle[NewArticle], store: Articles) -> OfArticle[ArticleOut]:
    new = body.article
    article = Article(description=new.description, body=new.body, author_id=store.viewer, tags=make_tags(new.tag_list))
    await store.save(article, new.title)
    await store.session.commit()
    return await show_article(article.slug, store)


@articles.get("/{slug}", raises=[NotFoundError])
async def show_article(slug: Name, store: Articles) -> OfArticle[ArticleOut]:
    return OfArticle(ArticleOut.of(await store.get(slug)))


@articles.put("/{slug}", middleware=LOGGED_IN, raises=[NotFoundError, PermissionDeniedError])
async def change_article(slug: Name, body: OfArticle[ArticleChanges], store: Articles) -> OfArticle[ArticleOut]:
    article, changes = await get_own(slug, store), body.article
    if changes.description is not UNSET:
        article.description = changes.description
    if changes.body is not UNSET:
        article.body = changes.body
    if changes.tag_list is not UNSET:
        # The old ones go before the new ones come: they may be alike.
        article.tags.clear()
        await store.session.flush()
        article.tags.extend(make_tags(changes.tag_list))
    if changes.title is not UNSET and changes.title != article.title:
        await store.save(article, changes.title)
    await store.session.commit()
    return await show_article(article.slug, store)


@articles.delete("/{slug}", middleware=LOGGED_IN, raises=[NotFoundError, PermissionDeniedError])
async def delete_article(slug: Name, store: Articles) -> None:
    await store.delete(await get_own(slug, store))
    await store.session.commit()


async def get_own(slug: str, store: Articles) -> Article:
    article = await store.get(slug)
    if article.author_id != store.viewer:
        raise fail(PermissionDeniedError, article="forbidden")
    return article


# ── Favourites ───────────────────────────────────────────────────────────────


@favorites.post("", raises=[NotFoundError])
async def favorite(slug: Name, store: Articles, likes: Repository[Favorite]) -> OfArticle[ArticleOut]:
    key = {"user_id": store.viewer, "article_id": await store.find_id(slug)}
    # One statement, so that two at once are one.
    await likes.upsert(key, on=list(key))
    await store.session.commit()
    return await show_article(slug, store)


@favorites.delete("", raises=[NotFoundError])
async def unfavorite(slug: Name, store: Articles, likes: Repository[Favorite]) -> OfArticle[ArticleOut]:
    await likes.delete_many({"user_id": store.viewer, "article_id": await store.find_id(slug)})
    await store.session.commit()
    return await show_article(slug, store)


# ── Comments ─────────────────────────────────────────────────────────────────


@comments.get("", raises=[NotFoundError])
async def list_comments(slug: Name, store: Articles, replies: Comments) -> CommentList:
    where = {"article_id": await store.find_id(slug)}
    found = await replies.find(where, order_by=["-id"], load=replies.view())
    return CommentList([CommentOut.of(comment) for comment in found])


@comments.post("", status_code=201, middleware=LOGGED_IN, raises=[NotFoundError])
async def add_comment(
    slug: Name, body: OfComment[NewComment], store: Articles, replies: Comments
) -> OfComment[CommentOut]:
    article_id = await store.find_id(slug)
    comment = await replies.create(body=body.comment.body, article_id=article_id, author_id=store.viewer)
    await store.session.commit()
    return OfComment(CommentOut.of(await replies.show("comment", Comment.id == comment.id)))


@comments.delete("/{comment_id}", middleware=LOGGED_IN, raises=[NotFoundError, PermissionDeniedError])
async def delete_comment(slug: Name, comment_id: Id, store: Articles, replies: Comments) -> None:
    article_id = await store.find_id(slug)
    comment = await replies.show("comment", Comment.id == comment_id, Comment.article_id == article_id)
    if comment.author_id != store.viewer:
        raise fail(PermissionDeniedError, comment="forbidden")
    await replies.delete(comment)
    await store.session.commit()


# ── Tags ─────────────────────────────────────────────────────────────────────


@tags.get("")
async def list_tags(store: Repository[Tag]) -> TagList:
    names = await store.session.scalars(select(Tag.name).distinct().order_by(Tag.name).limit(100))
    return TagList(list(names))

"""
What clients send and get. The specification writes its names as JavaScript does, and puts everything into an envelope.
"""

from datetime import datetime
from typing import Annotated, Generic, Self, TypeVar

from msgspec import UNSET, Struct, UnsetType

from covet.validation import Constraints
from examples.conduit.models import Article, Comment, User

T = TypeVar("T")

# No text has a NUL in it, which PostgreSQL cannot keep; most are neither empty nor blank.
PLAIN = r"^[^\x00]*$"
FILLED = r"^[^\x00]*[^\x00-\x20][^\x00]*$"
Name = Annotated[str, Constraints(pattern=PLAIN)]
Line = Annotated[str, Constraints(max_length=255, pattern=FILLED)]
Text = Annotated[str, Constraints(max_length=100_000, pattern=FILLED)]
Username = Annotated[str, Constraints(max_length=64, pattern=r"^[^\x00-\x20/?#]+$")]
Email = Annotated[str, Constraints(max_length=255, pattern=r"^[^@\x00-\x20]+@[^@\x00-\x20]+$")]
Password = Annotated[str, Constraints(min_length=8, max_length=1000)]
Bio = Annotated[str, Constraints(max_length=10_000, pattern=PLAIN)]
Image = Annotated[str, Constraints(max_length=2000, pattern=PLAIN)]
Tags = Annotated[list[Line], Constraints(max_length=50)]


class OfUser(Struct, Generic[T]):
    user: T


class OfArticle(Struct, Generic[T]):
    article: T


class OfComment(Struct, Generic[T]):
    comment: T


# ── What they send ───────────────────────────────────────────────────────────


class NewUser(Struct):
    username: Username
    email: Email
    password: Password


class Login(Struct):
    email: Line
    password: Line


class UserChanges(Struct):
    username: Username | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    bio: Bio | UnsetType | None = UNSET
    image: Image | UnsetType | None = UNSET


class NewArticle(Struct, rename="camel"):
    title: Line
    description: Text
    body: Text
    tag_list: Tags = []


class ArticleChanges(Struct, rename="camel"):
    title: Line | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    body: Text | UnsetType = UNSET
    tag_list: Tags | UnsetType = UNSET


class NewComment(Struct):
    body: Text


# ── What they get ────────────────────────────────────────────────────────────


class UserOut(Struct):
    username: str
    email: str
    bio: str | None
    image: str | None
    token: str

    @classmethod
    def of(cls, user: User, token: str) -> Self:
        return cls(user.username, user.email, user.bio, user.image, token)


class Profile(Struct):
    username: str
    bio: str | None
    image: str | None
    following: bool

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(user.username, user.bio, user.image, user.following)


class OfProfile(Struct):
    profile: Profile


class ArticleSummary(Struct, rename="camel"):
    slug: str
    title: str
    description: str
    tag_list: list[str]
    created_at: datetime
    updated_at: datetime
    favorited: bool
    favorites_count: int
    author: Profile

    @classmethod
    def of(cls, article: Article) -> Self:
        fields = {name: getattr(article, name) for name in cls.__struct_fields__ if name not in {"tag_list", "author"}}
        return cls(**fields, tag_list=[tag.name for tag in article.tags], author=Profile.of(article.author))


class ArticleOut(ArticleSummary, kw_only=True, rename="camel"):
    body: str


class ArticleList(Struct, rename="camel"):
    articles: list[ArticleSummary]
    articles_count: int


class CommentOut(Struct, rename="camel"):
    id: int
    body: str
    created_at: datetime
    updated_at: datetime
    author: Profile

    @classmethod
    def of(cls, comment: Comment) -> Self:
        author = Profile.of(comment.author)
        return cls(comment.id, comment.body, comment.created_at, comment.updated_at, author)


class CommentList(Struct):
    comments: list[CommentOut]


class TagList(Struct):
    tags: list[str]

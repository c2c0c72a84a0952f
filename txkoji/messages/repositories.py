"""Messages about repositories."""
from __future__ import annotations

from munch import Munch

from txkoji.messages.fields import Fields, text_or_none
from txkoji.messages.message import Message, message_class
from txkoji.repo import Repo


@message_class('RepoInit')
class RepoInit(Message):
    """
    The begin of the making of a repository.

    :ivar repo: the `Repo`, with few members.
    :ivar tag: the name of the tag.
    """

    repo: Repo

    def _read(self, fields: Fields) -> None:
        body = self.body
        if body.get('repo_id') is None:
            raise ValueError('the body has no repository')
        tag = body.get('tag')
        self.tag = fields.name('tag')
        self.repo = fields.attach(Repo, {
            'id': body['repo_id'], 'tag_name': self.tag,
            'tag_id': tag.get('id') if isinstance(tag, Munch)
            else body.get('tag_id'), 'task_id': body.get('task_id')})

    @property
    def url(self) -> str | None:
        """The page of the repository, or None."""
        return self.repo.url


@message_class('RepoDone')
class RepoDone(RepoInit):
    """
    The end of the making of a repository.

    :ivar repo: the `Repo`.
    :ivar tag: the name of the tag.
    :ivar expire: False if the repository is ready, True if it expires at
                  once.
    """

    expire: bool

    def _read(self, fields: Fields) -> None:
        if isinstance(self.body.get('repo'), Munch):
            self.repo = fields.attach(Repo, fields.row('repo'))
            self.tag = text_or_none(self.repo.tag_name)
        else:
            super()._read(fields)
        self.expire = bool(self.body.get('expire'))

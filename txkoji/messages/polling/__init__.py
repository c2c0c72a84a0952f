"""
Events by polling: a hub is asked what has happened, where no broker is.

`txkoji.messages.dispatcher.Events.poll` starts it. Each round is one request
for all that may have changed, and a second one for the rows of what has
changed. Subscribers get the same objects as from a broker.

**Events are handed on at least once.** An event is handed on when the
Deferreds of all its subscribers have fired. With a state file this also holds
for events that happen while the program does not run. After a crash, events
of the last moments may be handed on again: those that were handed on after
the state was saved. The state is saved after each 500 events, and at the end
of each round that has found any. An event that a subscriber did not handle,
such as the loop of a closed stream, is handed on again in the next round, to
all subscribers.

**Each event has an identifier.** ``event.id`` is the same when the event is
handed on again, also by another process. Two polls of a Connection hand on
an event once. A poll and the listener of a broker both hand on an event that
both find.

**Events of a build, and of a task, are handed on in order.** Others may be
handed on side by side, 20 at a time. After an event that was not handled,
later events of the same build or task wait for the next round.

**Each poll needs a state file of its own.** The filters may change between
two runs. Open tasks and unfinished repositories that the new filters add are
then watched from their present states on. Other events that the new filters
add are handed on from the beginning of the window before the last run ended.

**A hub numbers events before it commits them.** An event may appear some time
after others with higher numbers. Each round looks back by the ``window``, ten
minutes by default, in the hub's time. An event that is committed later than
that is missed.

A poll cannot see:

* states that came and went between two rounds: a task that is ASSIGNED for a
  moment, that is freed and opened again, or that has ended when it is first
  seen. ``old`` is the state at the last sight, and None at the first sight;
* weights, priorities and other members of a task that is not finished;
* a failed build that a content generator imports anew, with a time of
  completion before the window, if its state is never seen as BUILDING;
* deletions of builds, changes of their volumes, owners and promotions;
* signatures, imports of files, and changes of tags other than those of builds
  and of the list of packages;
* the exact action on a list of packages, which the history does not have. It
  is inferred: a package that was blocked is not in the list any more, so that
  is "unblock";
* whether a repository was ready before it expired, if both happened between
  two rounds.
"""

r"""
Builds from start to end, and the reasons of failures.

Submitting a build
------------------

`Connection.submit_build` starts a build, of a source or of an uploaded source
package, and `Connection.submit_chain` a chain build. Mistakes that would let
the task fail minutes later are refused at once: an unknown target, a locked
tag, a package that the tag does not list:

.. code-block:: python

    hub.respond('build', 6285)
    await koji.login()
    submission = await koji.submit_build(
        'git+https://src.example.com/rpms/koji.git#9a2f7fc', 'f43-candidate',
        scratch=True)
    done = await submission.done()
    [each.name for each in done]    # ['koji-10.0-1.fc44.src.rpm']

``submission.changes()`` iterates over the states of its tasks, and
``submission.logs()`` over the lines of their logs. ``done()`` fires with the
``Build``, or with the files of a scratch build. If the build fails, ``done()``
fails with `TaskFailed`. If the call to ``submit_build()`` is canceled, the
task that the hub may have made is canceled, too.

The reason of a failure
-----------------------

``failure()`` of a task, a build or a `TaskFailed`, and
`Connection.find_failure`, find out why a task failed. The result has the steps
that failed, each with its architecture, its host, its error, and its logs in
the order to look at them; and the canceled tasks. ``summary()`` makes a page
of text, with the last lines of each step's first log:

.. code-block:: python

    hub.put_out(6477, 'build.log', b'+ make\n')
    hub.put_out(6477, 'root.log', b'nothing provides libuv-devel\n')
    task = await koji.getTaskInfo(6474, strict=True)
    failure = await task.failure()
    [step] = failure.steps
    step.arch, step.host
    # ('aarch64', 'builder-a64-01.example.test')
    [log.name for log in step.logs]    # ['root.log', 'build.log']
    text = await failure.summary()
    text.split('\n')[-2].strip()    # | nothing provides libuv-devel

`In few lines <txkoji.manual.few_lines>` compares this with what programs write
by hand.

The modules of this package
---------------------------

`submit` starts builds, `failure` explains the failed ones, and `summary` makes
a text of that.
"""

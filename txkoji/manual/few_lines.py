"""
In few lines: what public programs write by hand, and txkoji has.

The programs
------------

The programs are those that build, release and watch with Koji. The numbers
count the lines of the named functions with their docstrings; those of the
``koji`` command, 1.36.1, also read options and print.

The lines
---------

The lines of txkoji are in ``tests/test_few_lines.py``, which runs them:

==============================  =========================================  ====
Purpose                         By hand                                    Here
==============================  =========================================  ====
The logs of failed steps        149: ``koji download-logs``                4
Build an uploaded package, get  160: ``upload_srpm``,                      3
the files                       ``watch_koji_tasks`` and
                                ``download_task_results`` of
                                rebase-helper
A chain build, with checks      72: ``koji chain-build``                   2
The history of a tag            358: ``koji list-history``                 1
Take names apart, compare them  126: ``split_nvr_epoch``, ``parse_nvr``,   2
                                ``parse_nvra`` and ``compare_nvr`` of
                                kobo
Wait for a repository with a    357: ``koji wait-repo``, and Koji's        1
build                           ``RepoWatcher``
A side tag with its             57: ``koji add-sidetag`` and ``koji        2
repository, removed             remove-sidetag``
The upgrades from one tag to    93: ``delta``, ``tag_to_latest_builds``,   4
another                         ``latest_tagged_as_nevr`` and
                                ``koji_build_to_nevr`` of tag-utils
The digests of an image, by     64: eight methods of doozer's inspectors   2
architecture                    of builds and images
The builds of an image's task   24: Freshmaker's method                    2
                                ``get_container_build_id_from_task``
Find unsigned RPMs, write       82: ``get_rpms``, ``get_unsigned_rpms``,   2
signed copies                   ``write_signed_rpms`` and ``writeRPMs``
                                of Fedora's sigulsign_unsigned.py
The tasks and builds linked in  15 for a task: Packit Service's            1
a text                          ``get_koji_task_id_and_url_from_stdout``
==============================  =========================================  ====
"""

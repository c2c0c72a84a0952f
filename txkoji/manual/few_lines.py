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

====  ==============================  =========================================
Here  Purpose                         By hand
====  ==============================  =========================================
4     The logs of failed steps        149: ``koji download-logs``
3     Build an uploaded package, get  160: ``upload_srpm``,
      the files                       ``watch_koji_tasks`` and
                                      ``download_task_results`` of
                                      rebase-helper
2     A chain build, with checks      72: ``koji chain-build``
1     The history of a tag            358: ``koji list-history``
2     Take names apart, compare them  126: ``split_nvr_epoch``, ``parse_nvr``,
                                      ``parse_nvra`` and ``compare_nvr`` of
                                      kobo
1     Wait for a repository with a    357: ``koji wait-repo``, and Koji's
      build                           ``RepoWatcher``
2     A side tag with its             57: ``koji add-sidetag`` and ``koji
      repository, removed             remove-sidetag``
4     The upgrades from one tag to    93: ``delta``, ``tag_to_latest_builds``,
      another                         ``latest_tagged_as_nevr`` and
                                      ``koji_build_to_nevr`` of tag-utils
2     The digests of an image, by     64: eight methods of doozer's inspectors
      architecture                    of builds and images
2     The builds of an image's task   24: Freshmaker's method
                                      ``get_container_build_id_from_task``
2     Find unsigned RPMs, write       82: ``get_rpms``, ``get_unsigned_rpms``,
      signed copies                   ``write_signed_rpms`` and ``writeRPMs``
                                      of Fedora's sigulsign_unsigned.py
1     The tasks and builds linked in  15 for a task: Packit Service's
      a text                          ``get_koji_task_id_and_url_from_stdout``
====  ==============================  =========================================
"""

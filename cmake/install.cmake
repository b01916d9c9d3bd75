# What `cmake --install` puts on a gateway beside the programs. The paths are systemd's, so the prefix is
# /usr: cmake --install build/release --prefix /usr

install(FILES ${PROJECT_SOURCE_DIR}/systemd/gengfu.service DESTINATION lib/systemd/system)
if(NOT CMAKE_CROSSCOMPILING)
    # The city's side.
    install(FILES ${PROJECT_SOURCE_DIR}/systemd/gengfu-ingest.service DESTINATION lib/systemd/system)
    install(FILES ${PROJECT_SOURCE_DIR}/config/ingest.toml DESTINATION share/doc/gengfu/examples)
    install(FILES ${PROJECT_SOURCE_DIR}/config/database/postgresql.conf DESTINATION share/doc/gengfu/examples)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME gengfu.conf)
install(FILES ${PROJECT_SOURCE_DIR}/systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME gengfu.conf)
install(FILES ${PROJECT_SOURCE_DIR}/systemd/udev.rules DESTINATION lib/udev/rules.d RENAME 60-gengfu.rules)
install(FILES ${PROJECT_SOURCE_DIR}/systemd/credentials.conf DESTINATION share/doc/gengfu/examples)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/README.zh.md ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION share/doc/gengfu)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/profiles ${PROJECT_SOURCE_DIR}/config/classes
        DESTINATION share/gengfu)
install(FILES ${PROJECT_SOURCE_DIR}/config/gengfu.toml DESTINATION share/doc/gengfu/examples OPTIONAL)

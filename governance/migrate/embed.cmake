# gengfu_embed_schema(OUT): writes a source with every governance/schema/NNNN-name.{up,down}.sql and the shipped
# component classes as string literals.
function(gengfu_embed_schema out)
    set(folder ${PROJECT_SOURCE_DIR}/governance/schema)
    set(classes ${PROJECT_SOURCE_DIR}/config/components/components.toml)
    set(table "")
    set(number 0)
    foreach(name IN LISTS ARGN)
        math(EXPR number "${number} + 1")
        string(APPEND table "    {${number}, \"${name}\",\n")
        foreach(way up down)
            set(file ${folder}/${name}.${way}.sql)
            set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
            file(READ ${file} text)
            string(APPEND table "     R\"~~sql~~(${text})~~sql~~\"")
            if(way STREQUAL "up")
                string(APPEND table ",\n")
            else()
                string(APPEND table "},\n")
            endif()
        endforeach()
    endforeach()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${classes})
    file(READ ${classes} text)
    set(source
        "#include \"governance/migrate/embedded.hpp\"

namespace gengfu::governance {
namespace {

constexpr Migration kMigrations[] = {
${table}};

constexpr std::string_view kClasses = R\"~~toml~~(${text})~~toml~~\";

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

std::string_view shipped_component_classes() { return kClasses; }

}  // namespace gengfu::governance
")
    set(path ${CMAKE_BINARY_DIR}/generated/governance/embedded.cpp)
    file(CONFIGURE OUTPUT ${path} CONTENT "${source}" @ONLY NEWLINE_STYLE UNIX)
    set(${out} ${path} PARENT_SCOPE)
endfunction()

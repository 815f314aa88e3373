// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/run.hpp"

#include <string_view>

namespace malla::cli {

namespace {

// Each asks `malla __complete` with the words so far, the last one being typed. A first line ":files" leaves it to
// the shell to complete names of files.

constexpr std::string_view bash_script = R"(_malla() {
    local line=${COMP_LINE:0:COMP_POINT} words word prefix="" found
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[-1]}
    mapfile -t found < <(malla __complete "${words[@]:1}" 2>/dev/null)
    if [[ ${found[0]} == :files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$2")
        return
    fi
    # bash replaces only what stands behind the last of its word breaks.
    [[ $word == *"$2" ]] && prefix=${word%"$2"}
    COMPREPLY=("${found[@]#"$prefix"}")
}
complete -o bashdefault -o default -F _malla malla
)";

constexpr std::string_view zsh_script = R"(#compdef malla
_malla() {
    local -a found
    found=("${(@f)$(malla __complete "${(@)words[2,CURRENT-1]}" "${words[CURRENT]}" 2>/dev/null)}")
    if [[ ${found[1]} == :files ]]; then
        _files
    elif [[ -n ${found[1]} ]]; then
        compadd -Q -a found
    fi
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _malla "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _malla malla
fi
)";

constexpr std::string_view fish_script = R"(function __malla_complete
    set -l words (commandline -opc)
    set -l found (malla __complete $words[2..-1] (commandline -ct) 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end
complete -c malla -f -a '(__malla_complete)'
)";

} // namespace

int run(const CompletionCommand& command, const Common&) {
    return print(command.shell == "bash" ? bash_script : command.shell == "zsh" ? zsh_script : fish_script);
}

} // namespace malla::cli

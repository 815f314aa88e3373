# SPDX-License-Identifier: Apache-2.0
# The manual page of malla-broker: what its --help says, as it stands, in the language of man(7).
#
#   cmake -DPROGRAM=malla-broker -DVERSION=0.1.0 -DPAGE=malla-broker.1 -P manual_page.cmake

execute_process(COMMAND ${PROGRAM} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\\" "\\e" help "${help}")
string(REPLACE "-" "\\-" help "${help}")
string(REGEX REPLACE "\n([.'])" "\n\\\\&\\1" help "${help}")
file(WRITE ${PAGE} ".TH MALLA\\-BROKER 1 \"\" \"malla ${VERSION}\" \"User Commands\"
.SH NAME
malla\\-broker \\- where the nodes of a Malla mesh meet
.SH DESCRIPTION
.nf
${help}
.fi
.SH SEE ALSO
.BR malla (1)
")

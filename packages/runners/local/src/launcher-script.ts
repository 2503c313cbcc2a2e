/**
 * The script of the launcher, for bash from version 3.2 on.
 *
 * It reads numbers from its standard input, up to the word `end`, and opens a post for each, in the folder
 * `post-<number>` of the directory that it was given:
 *
 *     in               what the post is to do: numbers, one for each command
 *     command          a script that becomes the command: written before its number is
 *     process          the number, and that of the command's process
 *     started          the number, once the command's process has opened the next two
 *     stdout, stderr   what the command prints
 *     status           how it ended: `<number> <status> <process>`
 *     said             what bash says of it, before that
 *
 * The process that becomes the command is there before the command is known: while nothing runs at a post, its shell has
 * forked already. It opens the pipes for output itself, so no process holds them that is not of the command.
 *
 * Job control makes each command the leader of a process group. It also makes bash say how each one
 * ended, in words that tell an exit code of 137 from a death by SIGKILL, where the status does not.
 *
 * Files that are there are written over and not cut short first: some file systems take that for a sign
 * that the new bytes have to be on the disk at once.
 *
 * Signals are caught and not ignored, for what a shell ignores, its commands would ignore, too.
 *
 * @module
 */

/** Run by bash, with the launcher's directory as its first argument. */
export const launcherScript: string = `
set +o posix
set -m
LC_ALL=C
export -n LC_ALL PATH
unset OLDPWD PWD SHLVL _ BASH_ENV ENV
trap : HUP INT TERM
# What the build had open when it was started is none of its commands' business.
for fd in /dev/fd/*; do
  case \${fd##*/} in [012] | '*') ;; *) eval "exec \${fd##*/}>&-" ;; esac
done
cd "$1" || exit
exec 2> /dev/null

# A shell that cannot tell these two apart is of no use.
said=$( ( set -m; ( exit 137 ) & wait $!; sh -c 'kill -s KILL $$' & wait $! ) 2>&1 )
case $said in *Exit*Exit* | *Killed*Killed*) exit ;; *'Exit 137 '*Killed*) ;; *) exit ;; esac

post() {
  # That of the post before it, which this shell has copied.
  gone=$!
  trap '[ "$gone" = "$!" ] || { kill -s KILL -- "-$!"; wait "$!"; }; exit' TERM
  set -m
  cd "post-$1" && mkfifo -m 600 in status stdout stderr || { echo "failed $1"; exit; }
  echo "ready $1"
  exec > status 2> said 3< in < /dev/null
  number=0
  while :; do
    number=$((number + 1))
    case $number in *000) exec 2> said ;; esac
    ( read -r go <&3 || exit; exec 3<&- > stdout 2> stderr; echo "$number" 1<> started; . ./command ) &
    child=$!
    echo "$number $child" 1<> process
    wait "$child"
    status=$?
    # Job control ends a wait for a process that was only stopped.
    while [ $status -gt 128 ] && kill -s 0 "$child" 2> /dev/null; do
      sleep 1
      wait "$child"
      status=$?
    done
    # One that was killed before it was a command would be taken for one: then nobody can use this post.
    [ $status -le 128 ] || { begun=; read -r begun < started; [ "$begun" = "$number" ]; } || exit
    gone=$child
    echo "$number $status $gone" || exit
  done
}

while read -r number && [ "$number" != end ]; do post "$number" & done
posts=$(jobs -p)
[ -z "$posts" ] || { kill -s TERM -- $posts; wait $posts; }

# The build is gone, and has not said so: nobody else looks for those who have left their group. They were started for
# a room, whose path is in their environment, wherever they are at work.
[ "$number" = end ] || for found in $(grep -l -s -F "$1/" /proc/[0-9]*/environ); do
  process=\${found%/environ}
  kill -s KILL "\${process#/proc/}"
done
`;

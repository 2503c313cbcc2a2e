/**
 * The keeper: the first process of a warm container, a shell that waits for questions on its input.
 *
 *     find <name>   found <path>            where the image has a program; `found` alone when it has none
 *     check         clean <kills>           nobody is left but the keeper; how often memory ran out so far
 *                   left <what>             something is left of a command, which may be about to end
 *
 * It is another user than the commands, and has no rights over them, nor they over it: so what it says of
 * them is true, whatever they do. When its input ends, because this process has ended however it did, it
 * ends too, and with it all that is in the container.
 *
 * @module
 */

/** Run by the image's own `/bin/sh`. Only built-in commands: an image need have no others. */
export const keeperScript: string = `
set -f
devices() { set +f; set -- /dev/* /dev/.[!.]*; set -f; seen="$*"; }
kills() {
  kills=0
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$file" ] || continue
    while read -r name value; do [ "$name" = oom_kill ] && kills=$value; done < "$file"
  done
}
others() {
  set +f; set -- /proc/[0-9]*; set -f
  for process; do
    [ "$process" = "/proc/$$" ] && continue
    state=
    { while read -r name value rest; do
      case $name in State:) state=$value; break ;; esac
    done < "$process/status"; } 2> /dev/null
    case $state in
      '') [ -d "$process" ] || continue ;;
      Z | X) set +f; set -- "$process"/task/*; set -f; [ $# -gt 1 ] || continue ;;
    esac
    left="process \${process#/proc/}"; return 0
  done
  return 1
}
shared() {
  for kind in shm sem msg; do
    lines=0
    [ -r /proc/sysvipc/$kind ] || continue
    while read -r line; do lines=$((lines + 1)); done < /proc/sysvipc/$kind
    [ $lines -le 1 ] || { left="shared memory ($kind)"; return 0; }
  done
  devices
  [ "$seen" = "$first" ] || { left=devices; return 0; }
  set +f; set -- /dev/mqueue/*; set -f
  [ ! -e "$1" ] || { left=queues; return 0; }
  return 1
}
find() {
  found=
  case $1 in
    /*) [ -f "$1" ] && [ -x "$1" ] && found=$1 ;;
    *)
      old=$IFS; IFS=:
      for folder in $PATH; do
        [ -f "$folder/$1" ] && [ -x "$folder/$1" ] && { found=$folder/$1; break; }
      done
      IFS=$old ;;
  esac
}
devices
first=$seen
echo ready
while IFS= read -r question; do
  case $question in
    'find '*) find "\${question#find }"; echo "found $found" ;;
    check)
      # A child that is waited for takes along those that nobody else waits for.
      (:)
      if others || shared; then echo "left $left"; else kills; echo "clean $kills"; fi ;;
  esac
done
`;

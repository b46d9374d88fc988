_mflab() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
    case "${COMP_WORDS[1]} $before" in
        "demo --driver") words="simulator embedded containers" ;;
        "run --driver") words="simulator embedded containers" ;;
        "explain --driver") words="simulator embedded containers" ;;
        "attribute --fault") words="expired no-client-auth not-yet-valid self-signed untrusted" ;;
        "matrix --driver") words="simulator embedded containers" ;;
        "import --partners") words="yes no" ;;
        "check --fail-on") words="error warning note never" ;;
        "hunt --depth") words="0 1 2" ;;
        "trace --form") words="table wide list" ;;
        "trace --driver") words="simulator embedded containers" ;;
        "mailbox --driver") words="simulator embedded containers" ;;
        "graph --format") words="mermaid dot svg" ;;
        "rules --confidence") words="documented observed assumed" ;;
        "gateway gateway") words="postfix" ;;
        "config config") words="show" ;;
        "hook hook") words="check diff run" ;;
        "completion completion") words="bash zsh fish" ;;
        "part part") words="setup dns node run relay postfix shadow" ;;
    esac
    if [[ -z $words && $COMP_CWORD -eq 1 ]]; then
        words="demo run explain attribute diagnose matrix import check sweep diff fix hunt trace mailbox scenarios render graph cert rules schema up down status watch gateway zones doctor config hook completion part probe"
    elif [[ -z $words && $word == -* ]]; then
        case ${COMP_WORDS[1]} in
            demo) words="--variant --driver --seed" ;;
            run) words="--variant --driver --seed --json --junit --sarif --html --metrics --force --fail-fast -q --quiet" ;;
            explain) words="--variant --message --driver --seed --json" ;;
            attribute) words="--config --variant --ip --cert --name --no-tls --fault --mail-from --rcpt-to --header-from --region --switch --as-of --json" ;;
            diagnose) words="--config --variant --scenario --json" ;;
            matrix) words="--variant --variants --ways --driver --seed --json --junit --html --force" ;;
            import) words="-o --output --name --lab-addresses --all-recipients --partners --live-dns --force --json" ;;
            check) words="--variant --code --fail-on --reproduce -q --quiet --list --json --junit --sarif --markdown --force" ;;
            sweep) words="--variant --out --csv --parquet --workers --scheduler --crowd --fresh --show --switch --as-of --json" ;;
            diff) words="--git-base --variant --before-variant --after-variant --json --junit --sarif --markdown --force" ;;
            fix) words="--variant --finding --cure --list -o --output --force --json" ;;
            hunt) words="--variant --depth --limit --budget -o --output --force --json" ;;
            trace) words="--variant --as --message --detail --form --csv --out --at --state --driver --seed --json" ;;
            mailbox) words="--variant --message --raw --state --driver --seed --json" ;;
            scenarios) words="--symptom --json --markdown" ;;
            render) words="--variant --compose --json" ;;
            graph) words="--variant --format" ;;
            cert) words="--config --variant --out --json" ;;
            rules) words="--confidence --search --switches --markdown --json" ;;
            schema) words="" ;;
            up) words="--variant --port --dns-port --names --http-port --no-http --state --fresh --send --detach" ;;
            down) words="--state --containers" ;;
            status) words="--state --json" ;;
            watch) words="--variant --state --matrix --every --times --seed --json" ;;
            gateway) words="--variant --host --out --certificates --log --config --dns --once --play" ;;
            zones) words="--variant -o --out --state --address --port" ;;
            doctor) words="--state --json" ;;
            config) words="--origin --json" ;;
            hook) words="--git-base --reports" ;;
            completion) words="" ;;
            part) words="--at --dns --log --starts --seed" ;;
            probe) words="" ;;
        esac
    fi
    if [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _mflab mflab

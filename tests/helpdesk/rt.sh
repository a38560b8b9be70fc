#!/bin/sh
# The real Request Tracker 5 from Debian's packages, on SQLite, for `make test-helpdesks`. Needs root; about two minutes.
#
#   rt.sh install          the packages (once), preseeded, with no service started
#   rt.sh fill DIR PORT    a fresh database in DIR with the scrip that stands in DIR/scrip.pl; voz's token in DIR/token
#   rt.sh serve DIR PORT   the standalone server on 127.0.0.1:PORT until it is killed; mail sent goes to DIR/sent.mbox
#   rt.sh mail PORT        a mail on standard input comes in through RT's own mail gateway
set -eu

case "${1:-}" in
install)
  [ -x /usr/share/request-tracker5/libexec/rt-server ] && exit 0
  debconf-set-selections <<'END'
request-tracker5 request-tracker5/dbconfig-install boolean true
request-tracker5 request-tracker5/database-type select sqlite3
request-tracker5 request-tracker5/rtname string voz.example
request-tracker5 request-tracker5/organization string voz.example
request-tracker5 request-tracker5/correspondaddress string ayuda@tienda.example
request-tracker5 request-tracker5/commentaddress string notas@tienda.example
request-tracker5 request-tracker5/webbaseurl string http://127.0.0.1:18090
request-tracker5 request-tracker5/webpath string
request-tracker5 request-tracker5/initial-root-password password rt-secreto
request-tracker5 request-tracker5/initial-root-password-confirm password rt-secreto
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean true
exim4-config exim4/dc_eximconfig_configtype select no configuration at this time
END
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    dbconfig-sqlite3 rt5-db-sqlite rt5-standalone rt5-clients request-tracker5
  ;;
fill)
  dir=$2 port=$3
  cat > "$dir/sendmail" <<END
#!/bin/sh
cat >> "$dir/sent.mbox"
END
  chmod 755 "$dir/sendmail"
  cat > "$dir/RT_SiteConfig.pm" <<END
Set(\$rtname, 'voz.example');
Set(\$Organization, 'voz.example');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $port);
Set(\$WebPath, '');
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '$dir/rt.db');
Set(\$CorrespondAddress, 'ayuda\@tienda.example');
Set(\$CommentAddress, 'notas\@tienda.example');
Set(\$MailCommand, 'sendmailpipe');
Set(\$SendmailPath, '$dir/sendmail');
Set(\$SendmailArguments, '');
Set(\$LogToSyslog, undef);
Set(\$LogToSTDERR, 'error');
1;
END
  mkdir -p "$dir/none"
  export RT_SITE_CONFIG="$dir/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$dir/none"
  cp /var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb "$dir/rt.db"  # as the packages made it, with nothing in it
  perl -I/usr/share/request-tracker5/lib - "$dir" <<'END'
use strict; use warnings;
use RT -init;
my $dir = shift; local $/;
sub done { my ( $ok, $msg ) = @_; die "$msg\n" unless $ok; return @_ }
my $root = RT->SystemUser;
my $voz = RT::User->new($root);
done( $voz->Create( Name => 'voz', EmailAddress => 'voz@tienda.example', Privileged => 1 ) );
my $ana = RT::User->new($root);
done( $ana->Create( Name => 'ana', EmailAddress => 'ana@tienda.example', Privileged => 1, Password => 'ana-secreto' ) );
for my $user ( $voz, $ana ) {
    for my $right (qw(SeeQueue ShowTicket ShowTicketComments CommentOnTicket ReplyToTicket CreateTicket)) {
        done( $user->PrincipalObj->GrantRight( Object => $RT::System, Right => $right ) );
    }
    done( $user->PrincipalObj->GrantRight( Object => $RT::System, Right => 'ManageAuthTokens' ) );
}
for my $right (qw(CreateTicket ReplyToTicket)) {
    my $everyone = RT::Group->new($root);
    $everyone->LoadSystemInternalGroup('Everyone');
    done( $everyone->PrincipalObj->GrantRight( Object => $RT::System, Right => $right ) );
}
open my $in, '<', "$dir/scrip.pl" or die; my $code = <$in>;
done( RT::Scrip->new($root)->Create(
    Description => 'voz', Queue => 0, Template => 'Blank', ScripCondition => 'User Defined',
    ScripAction => 'User Defined', CustomIsApplicableCode =>
        'return $self->TransactionObj->Type =~ /^(Create|Correspond)$/;',
    CustomPrepareCode => 'return 1;', CustomCommitCode => $code,
) );
my ( $ok, $msg, $token ) = RT::AuthToken->new($root)->Create( Owner => $voz->Id, Description => 'voz' );
die "$msg\n" unless $ok;
open my $out, '>', "$dir/token" or die; print $out $token;
END
  ;;
serve)
  export RT_SITE_CONFIG="$2/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$2/none"
  exec /usr/share/request-tracker5/libexec/rt-server --server Standalone --host 127.0.0.1 --port "$3"
  ;;
mail)
  exec rt-mailgate-5 --queue General --action correspond --url "http://127.0.0.1:$2"
  ;;
*)
  echo "usage: rt.sh install | fill DIR PORT | serve DIR PORT | mail PORT" >&2
  exit 2
  ;;
esac

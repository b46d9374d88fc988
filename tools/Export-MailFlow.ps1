<#
.SYNOPSIS
    Collects what decides about mail flow into one folder, for `mflab import`.

.DESCRIPTION
    Reads and writes files, and nothing else: every Exchange cmdlet in here begins with Get-. It does not connect to anything and asks for no
    credentials; run it where you are connected already:

      - Exchange Online: after Connect-ExchangeOnline, as somebody with the role View-Only Configuration and View-Only Recipients;
      - on-premises: in the Exchange Management Shell, with the same roles.

    Run it once on each side, with the same -Path (or copy both folders together). It writes online\ or onprem\, one JSON file per cmdlet.

    Never exported: messages, queues, logs, passwords, private keys, permissions.

.PARAMETER Path
    The folder to write to. It is made if it is not there; files of an earlier run are replaced.

.PARAMETER Recipients
    How many recipients of each kind. Mail flow needs examples, not everybody.

.PARAMETER Dns
    Also look up MX, SPF and DMARC of the accepted domains with this machine's resolver, into dns\.

.PARAMETER MaskKey
    Replace names (of people, domains, servers, connectors) by pseudonyms made from them and this key, so that both sides and later runs agree when
    the key is the same. Keep the key to yourself. Addresses (IP) stay as they are. Certificates are left out, but for their names.

.EXAMPLE
    Connect-ExchangeOnline
    .\Export-MailFlow.ps1 -Path C:\Temp\export -Dns

.EXAMPLE
    .\Export-MailFlow.ps1 -Path C:\Temp\export -MaskKey 'a long sentence of your own'
#>
[CmdletBinding()]
param(
    [string] $Path = '.\export',
    [ValidateRange(1, 100000)]
    [int] $Recipients = 200,
    [switch] $Dns,
    [string] $MaskKey = ''
)

$ErrorActionPreference = 'Stop'

# ---------------------------------------------------------------------------------------------------------------------------------------
# What is asked for. Of recipients only what decides where their mail goes; of everything else all but the properties below.

$Configuration = @{
    online = @(
        'AcceptedDomain', 'ArcConfig', 'DkimSigningConfig', 'InboundConnector', 'OrganizationConfig', 'OutboundConnector', 'RemoteDomain',
        'TransportConfig', 'TransportRule'
    )
    onprem = @(
        'AcceptedDomain', 'ExchangeCertificate', 'ExchangeServer', 'HybridConfiguration', 'OrganizationConfig', 'ReceiveConnector', 'RemoteDomain',
        'SendConnector', 'TransportConfig', 'TransportRule'
    )
}
$People = @{
    online = @('DistributionGroup', 'DynamicDistributionGroup', 'MailContact', 'MailUser', 'Mailbox', 'UnifiedGroup')
    onprem = @('DistributionGroup', 'DynamicDistributionGroup', 'MailContact', 'MailUser', 'Mailbox', 'RemoteMailbox')
}
$PeopleProperties = @(
    'Name', 'Guid', 'RecipientType', 'RecipientTypeDetails', 'PrimarySmtpAddress', 'EmailAddresses', 'ExternalEmailAddress',
    'RemoteRoutingAddress', 'ForwardingAddress', 'ForwardingSmtpAddress', 'DeliverToMailboxAndForward', 'RequireSenderAuthenticationEnabled',
    'AcceptMessagesOnlyFrom', 'AcceptMessagesOnlyFromSendersOrMembers', 'HiddenFromAddressListsEnabled', 'IsDirSynced'
)
$LeftOut = @(
    'AuthenticationCredential', 'PrivateKey', 'SerializationData', 'ObjectCategory', 'ObjectClass', 'ObjectState', 'RunspaceId', 'PSComputerName',
    'PSShowComputerName', 'ExchangeVersion', 'OrganizationalUnitRoot', 'Conditions', 'Exceptions', 'Actions', 'Description', 'RuleVersion'
)

# ---------------------------------------------------------------------------------------------------------------------------------------
# Objects to plain values: what every PowerShell and every Exchange writes the same way.

function ConvertTo-Plain {
    param($Value)

    # The casts take off what remoting has hung on a value, which ConvertTo-Json would print beside it.
    if ($null -eq $Value) { return $null }
    if ($Value -is [string]) { return [string] $Value }
    if ($Value -is [byte[]]) { return [Convert]::ToBase64String($Value) }
    if ($Value -is [System.Collections.IEnumerable]) {
        $items = @(foreach ($item in $Value) { ConvertTo-Plain -Value $item })
        return , $items
    }
    if ($Value.PSObject.TypeNames[0] -like 'Deserialized.*') { return $Value.ToString() }   # an enumeration is a number, and knows its name
    if ($Value -is [bool]) { return [bool] $Value }
    if ($Value -is [int] -or $Value -is [long]) { return [long] $Value }
    if ($Value -is [datetime]) { return $Value.ToUniversalTime().ToString('o') }
    return $Value.ToString()
}

function ConvertTo-Table {
    param($Object, [string[]] $Properties)

    $table = [ordered] @{}
    foreach ($property in $Object.PSObject.Properties) {
        $wanted = $LeftOut -notcontains $property.Name
        if ($Properties) { $wanted = $Properties -contains $property.Name }
        if ($wanted -and $property.Name -notlike '*@*') {
            $plain = ConvertTo-Plain -Value $property.Value
            if ($MaskKey) { $plain = Get-Masked -Name $property.Name -Value $plain }
            $table[$property.Name] = $plain
        }
    }
    return $table
}

# ---------------------------------------------------------------------------------------------------------------------------------------
# Masking. Three classes of properties: those that hold no names stay; in those that hold addresses, domains or certificate names these are
# replaced one by one; any other text is replaced as a whole, so that what nobody thought of does not leak.

$Kept = @(
    'AddressBookEnabled', 'AdminDisplayVersion', 'AuthMechanism', 'Bindings', 'ConnectorSource', 'ConnectorType', 'DomainType', 'Edition',
    'EFSkipIPs', 'Features', 'FromScope', 'KeyCreationTime', 'MaxMessageSize', 'MaxReceiveSize', 'MaxSendSize', 'Mode', 'NotAfter', 'NotBefore',
    'PermissionGroups', 'ProtocolLoggingLevel', 'RecipientType', 'RecipientTypeDetails', 'RemoteIPRanges', 'SenderAddressLocation',
    'SenderIPAddresses', 'SentToScope', 'ServerRole', 'Services', 'SmartHostAuthMechanism', 'SourceIPAddress', 'State', 'Status',
    'TlsAuthLevel', 'TlsSettings', 'TransportRole', 'WhenChangedUTC', 'WhenCreatedUTC', 'ExternalIPAddresses', 'ReceivingIPAddresses',
    'ApplyHtmlDisclaimerLocation', 'ApplyHtmlDisclaimerFallbackAction', 'AllowedOOFType', 'ContentType'
)
$Naming = @(
    'AcceptMessagesOnlyFrom', 'AcceptMessagesOnlyFromSendersOrMembers', 'AddressSpaces', 'ArcTrustedSealers', 'AssociatedAcceptedDomains',
    'BlindCopyTo', 'CertificateDomains', 'CopyTo', 'Domain', 'DomainName', 'Domains', 'EFUsers', 'EmailAddresses', 'ExceptIfFrom',
    'ExceptIfRecipientDomainIs', 'ExceptIfSenderDomainIs', 'ExceptIfSentTo', 'ExternalEmailAddress', 'ForwardingSmtpAddress', 'Fqdn', 'From',
    'InternalSMTPServers', 'Issuer', 'OnPremisesSmartHost', 'PrimarySmtpAddress', 'RecipientDomainIs', 'RecipientDomains', 'RedirectMessageTo',
    'RemoteRoutingAddress', 'Selector1CNAME', 'Selector2CNAME', 'SenderDomainIs', 'SenderDomains', 'SentTo', 'SmartHosts', 'SmartHostsString',
    'Subject', 'TlsCertificateName', 'TlsDomain', 'TlsDomainCapabilities', 'TlsSenderCertificateName', 'TrustedOrganizations'
)
$Secret = @('RawData', 'DistinguishedName', 'Selector1PublicKey', 'Selector2PublicKey')
$SecondLevel = @('ac', 'co', 'com', 'edu', 'gov', 'gv', 'net', 'or', 'org')
$Seen = @{}
$LocalPart = "[\w.!#%&'*+/=?^{|}~:-]+@"
$HostName = '(\*\.)?([\w-]+\.)+[A-Za-z][\w-]+'
$Public = '(^|\.)(outlook\.com|office365\.com|microsoft\.com|exchangelabs\.com)$'

function Get-Pseudonym {
    param([string] $Kind, [string] $Text)

    $hasher = [System.Security.Cryptography.SHA256]::Create()
    $bytes = [System.Text.Encoding]::UTF8.GetBytes($MaskKey + '|' + $Text.ToLowerInvariant())
    $hex = [BitConverter]::ToString($hasher.ComputeHash($bytes)).Replace('-', '').ToLowerInvariant()
    if ($Kind -eq 'guid') {
        $parts = $hex.Substring(0, 8), $hex.Substring(8, 4), $hex.Substring(12, 4), $hex.Substring(16, 4), $hex.Substring(20, 12)
        return $parts -join '-'
    }
    return $Kind + $hex.Substring(0, 10)
}

function Get-MaskedDomain {
    param([string] $Domain)

    $lower = $Domain.ToLowerInvariant()
    if ($lower -match '^(.+)\.mail\.protection\.outlook\.com$') {
        $dashed = $Matches[1]   # contoso-com; which of its dashes was a dot, only the domain tells
        $known = $Seen[$dashed]
        if (-not $known) { $known = (Get-Pseudonym -Kind 'd' -Text $dashed) + '.example' }
        return $known.Replace('.', '-') + '.mail.protection.outlook.com'
    }
    if ($lower -match '^([^.]+)((\.mail)?\.onmicrosoft\.com)$') {
        $masked = (Get-Pseudonym -Kind 't' -Text $Matches[1]) + $Matches[2]
    } elseif ($lower -match $Public) {
        $masked = $lower
    } else {
        $masked = Get-MaskedLabels -Labels @($lower.Split('.'))
    }
    $Seen[$lower.Replace('.', '-')] = $masked
    return $masked
}

function Get-MaskedLabels {
    param([string[]] $Labels)

    # contoso.com and everything below it have the same end; a star, and names that begin with _ as DNS wants them, stay.
    $size = 2
    if ($Labels.Count -gt 2 -and $SecondLevel -contains $Labels[-2]) { $size = 3 }
    if ($Labels.Count -lt $size) { return Get-Pseudonym -Kind 'h' -Text ($Labels -join '.') }
    $first = $Labels.Count - $size
    $masked = @()
    for ($at = 0; $at -lt $first; $at++) {
        $label = $Labels[$at]
        if ($label -ne '*' -and -not $label.StartsWith('_')) { $label = Get-Pseudonym -Kind 'h' -Text $label }
        $masked += $label
    }
    $own = $Labels[$first..($Labels.Count - 1)] -join '.'
    $masked += (Get-Pseudonym -Kind 'd' -Text $own) + '.example'
    return $masked -join '.'
}

function Get-MaskedText {
    param([string] $Text)

    # Addresses first, then what is left of names of hosts and domains. IP addresses have no letter behind their last dot.
    $masked = [regex]::Replace($Text, $LocalPart, {
        param($found)
        $prefix = ''
        if ($found.Value -match '^([A-Za-z0-9]+:)') { $prefix = $Matches[1] }
        $local = $found.Value.Substring($prefix.Length).TrimEnd('@')
        return $prefix + (Get-Pseudonym -Kind 'u' -Text $local) + '@'
    })
    return [regex]::Replace($masked, $HostName, {
        param($found)
        return Get-MaskedDomain -Domain $found.Value
    })
}

function Get-MaskedSubject {
    param([string] $Text)

    # Of a certificate's name: organisation, department and place are replaced; the issuer in front of <S> is a public authority, or unknown.
    $issuer = ''
    $subject = $Text
    if ($Text -match '^(<I>.*)(<S>.*)$') {
        $issuer = $Matches[1]
        $subject = $Matches[2]
    }
    $subject = [regex]::Replace($subject, '\b(O|OU|L|S|ST|STREET|E)=("[^"]*"|[^,]*)', {
        param($found)
        $value = $found.Groups[2].Value
        return $found.Groups[1].Value + '=' + (Get-Pseudonym -Kind 'n' -Text $value)
    })
    return $issuer + (Get-MaskedText -Text $subject)
}

function Get-Masked {
    param([string] $Name, $Value)

    if ($null -eq $Value -or $Secret -contains $Name) { return $null }
    if ($Value -is [array]) {
        $items = @(foreach ($item in $Value) { Get-Masked -Name $Name -Value $item })
        return , $items
    }
    if ($Value -isnot [string] -or $Kept -contains $Name) { return $Value }
    $text = $Value
    if ($text -eq '' -or $text -match '^[\W\d]*$') { return $text }
    if ($Name -eq 'Issuer') { return $text }
    if ($Name -eq 'Subject' -or $Name -eq 'TlsCertificateName') { return Get-MaskedSubject -Text $text }
    if ($Naming -contains $Name) {
        # X500 and X400 addresses, canonical names (contoso.com/Users/Anna) and bare names are people's, too; "smtp:*;1" and IPv6 are nobody's.
        if ($text -match '^(x500|x400):') { return $Matches[0] + (Get-Pseudonym -Kind 'n' -Text $text) }
        if ($text -match '^\w+:\*(;\d+)?$' -or $text -match '^(?=.*:)[0-9a-f:./-]+$') { return $text }
        if ($text -match '/' -or $text -notmatch $HostName) { return Get-Pseudonym -Kind 'n' -Text $text }
        return Get-MaskedText -Text $text
    }
    if ($text -match '^((Inbound from|Outbound to) )?([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$') {
        return $Matches[1] + (Get-Pseudonym -Kind 'guid' -Text $Matches[3])
    }
    if ($text -match '^[\w*-]+(\.[\w-]+)+$' -or $text -match '^\S+@\S+$') { return Get-MaskedText -Text $text }
    return Get-Pseudonym -Kind 'n' -Text $text
}

# ---------------------------------------------------------------------------------------------------------------------------------------
# Asking, and writing.

function Test-Cmdlet {
    param([string] $Name)

    return [bool] (Get-Command -Name $Name -ErrorAction SilentlyContinue)
}

function Write-Objects {
    param([string] $Folder, [string] $Name, $Tables)

    if (-not (Test-Path -Path $Folder)) { New-Item -Path $Folder -ItemType Directory | Out-Null }
    $file = Join-Path -Path $Folder -ChildPath ($Name + '.json')
    $items = @($Tables)
    $json = ConvertTo-Json -InputObject $items -Depth 6
    $json | Out-File -FilePath $file -Encoding utf8
    Write-Host ('{0,6}  {1}' -f $items.Count, $file)
}

function Get-Found {
    param([string] $Noun)

    # One place where cmdlets are called, so that it is easy to see what they are called with: Get-, and a limit.
    switch ($Noun) {
        'AcceptedDomain' { Get-AcceptedDomain }
        'ArcConfig' { Get-ArcConfig }
        'DistributionGroup' { Get-DistributionGroup -ResultSize $Recipients -WarningAction SilentlyContinue }
        'DkimSigningConfig' { Get-DkimSigningConfig }
        'DynamicDistributionGroup' { Get-DynamicDistributionGroup -ResultSize $Recipients -WarningAction SilentlyContinue }
        'ExchangeCertificate' { foreach ($server in Get-ExchangeServer) { Get-ExchangeCertificate -Server $server.Name -ErrorAction Continue } }
        'ExchangeServer' { Get-ExchangeServer }
        'HybridConfiguration' { Get-HybridConfiguration }
        'InboundConnector' { Get-InboundConnector }
        'MailContact' { Get-MailContact -ResultSize $Recipients -WarningAction SilentlyContinue }
        'MailUser' { Get-MailUser -ResultSize $Recipients -WarningAction SilentlyContinue }
        'Mailbox' { Get-Mailbox -ResultSize $Recipients -WarningAction SilentlyContinue }
        'OrganizationConfig' { Get-OrganizationConfig }
        'OutboundConnector' { Get-OutboundConnector }
        'ReceiveConnector' { Get-ReceiveConnector }
        'RemoteDomain' { Get-RemoteDomain }
        'RemoteMailbox' { Get-RemoteMailbox -ResultSize $Recipients -WarningAction SilentlyContinue }
        'SendConnector' { Get-SendConnector }
        'TransportConfig' { Get-TransportConfig }
        'TransportRule' { Get-TransportRule }
        'UnifiedGroup' { Get-UnifiedGroup -ResultSize $Recipients -WarningAction SilentlyContinue }
    }
}

function Export-Side {
    param([string] $Side)

    $folder = Join-Path -Path $Path -ChildPath $Side
    foreach ($noun in $Configuration[$Side] + $People[$Side]) {
        $cmdlet = 'Get-' + $noun
        if (-not (Test-Cmdlet -Name $cmdlet)) {
            Write-Warning -Message ($cmdlet + ' is not there: a role is missing, or this Exchange does not have it.')
            continue
        }
        $properties = @()
        if ($People[$Side] -contains $noun) { $properties = $PeopleProperties }
        try {
            $tables = @(foreach ($object in Get-Found -Noun $noun) { ConvertTo-Table -Object $object -Properties $properties })
            Write-Objects -Folder $folder -Name $cmdlet -Tables $tables
        } catch {
            Write-Warning -Message ($cmdlet + ': ' + $_.Exception.Message)
        }
    }
}

function Get-Record {
    param([string] $Name, [string] $Type)

    # With -DnsOnly and a final dot: no NetBIOS, no search list.
    foreach ($record in Resolve-DnsName -Name ($Name + '.') -Type $Type -DnsOnly -ErrorAction SilentlyContinue) {
        if ($record.Section -eq 'Answer' -and [string] $record.Type -eq $Type) {
            $table = [ordered] @{ Name = $record.Name; Type = $Type; TTL = [long] $record.TTL; Section = 'Answer' }
            if ($Type -eq 'MX') {
                $table['Preference'] = [long] $record.Preference
                $table['NameExchange'] = [string] $record.NameExchange
            } elseif ($Type -eq 'TXT') {
                $table['Strings'] = @($record.Strings)
            } else {
                $table['IPAddress'] = [string] $record.IPAddress
            }
            $table
        }
    }
}

function Set-RecordMask {
    param($Record)

    # Of TXT records only policies stay (v=spf1, v=DMARC1): the others prove who owns what.
    foreach ($key in 'Name', 'NameExchange') {
        $text = $Record[$key]
        if ($text) { $Record[$key] = Get-MaskedText -Text $text }
    }
    if ($Record['Type'] -eq 'TXT') {
        $whole = $Record['Strings'] -join ''
        $Record['Strings'] = @()
        if ($whole -like 'v=*') { $Record['Strings'] = @(Get-MaskedText -Text $whole) }
    }
}

function Export-Dns {
    $records = @(foreach ($domain in Get-AcceptedDomain) {
        $name = ([string] $domain.DomainName).TrimStart('*', '.')
        $exchangers = @(Get-Record -Name $name -Type 'MX')
        $exchangers
        foreach ($exchanger in $exchangers) {
            if ($exchanger['NameExchange'] -notlike '*.mail.protection.outlook.com') { Get-Record -Name $exchanger['NameExchange'] -Type 'A' }
        }
        Get-Record -Name $name -Type 'TXT'
        Get-Record -Name ('_dmarc.' + $name) -Type 'TXT'
    })
    if ($MaskKey) {
        foreach ($record in $records) { Set-RecordMask -Record $record }
    }
    Write-Objects -Folder (Join-Path -Path $Path -ChildPath 'dns') -Name 'Resolve-DnsName' -Tables $records
}

$online = Test-Cmdlet -Name 'Get-InboundConnector'
$onPremises = Test-Cmdlet -Name 'Get-SendConnector'
if ($online -and $onPremises) {
    throw 'This session has cmdlets of both sides, and Get-AcceptedDomain could be either. Run this once in a session of each.'
}
if (-not ($online -or $onPremises)) {
    throw 'No Exchange cmdlets here. Run Connect-ExchangeOnline first, or use the Exchange Management Shell.'
}
if ($online) { Export-Side -Side 'online' } else { Export-Side -Side 'onprem' }
if ($Dns) { Export-Dns }

# Generated with Microsoft365DSC version 1.26.1
Configuration M365TenantConfig
{
    param ([Parameter()] [System.Management.Automation.PSCredential] $Credential)
    $OrganizationName = $ConfigurationData.NonNodeData.OrganizationName
    Import-DscResource -ModuleName 'Microsoft365DSC' -ModuleVersion '1.26.1'

    Node localhost
    {
        EXOInboundConnector "EXOInboundConnector-Inbound from 799256f5"
        {
            ApplicationId                = $ConfigurationData.NonNodeData.ApplicationId;
            AssociatedAcceptedDomains    = @();
            CloudServicesMailEnabled     = $True;
            Comment                      = "It`"s `$5, a ""quote"" <# no comment #>";   # a comment
            ConnectorType                = "OnPremises";
            EFSkipLastIP                 = $False;
            Ensure                       = "Present";
            Identity                     = 'Inbound from ''799256f5''';
            SenderDomains                = @("smtp:*;1","smtp:b.example;1");
            SenderIPAddresses            = "198.51.100.1", "198.51.100.2"
            TenantId                     = $OrganizationName;
            TlsSenderCertificateName     = $null
            <# more
               comment #>
        }
        EXOTeamsSomething "x"
        {
            Members = @(MSFT_Member{ Name = "a"; Nested = @(MSFT_B{ C = 1 }) });
        }
        EXOAcceptedDomain 0f7d9e3a-9a2b-4d2f-9a41-1c2d3e4f5a6b {
            DomainType = "Authoritative"; Identity = "msxfaq.example"
        }
        EXORemoteDomain "gone" { Identity = "x"; Ensure = "Absent" }
        EXOTransportRule "computed"
        {
            Identity      = "rule"
            Priority      = 3
            FromScope     = "In" + "Organization"
            SentTo        = "admin@$OrganizationName";
            Nested        = @{ A = 1; B = @('x') }
            RejectMessage = (Get-Item x |
                             Select-Object)
            Lines         = @'
one
two
'@
        }
    }
}
M365TenantConfig -ConfigurationData .\ConfigurationData.psd1

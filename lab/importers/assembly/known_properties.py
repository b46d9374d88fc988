"""Properties of exported objects: which the lab reads, which decide nothing about mail flow, and which it should not ignore.

Taken from what the cmdlets print (Exchange Online in 2026, Exchange 2016 to SE); names in any case. What is in no list is
reported as unknown: Microsoft adds properties, and one of them may matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from lab.importers.assembly.exported_object import ExportedProperties, shown
from lab.importers.assembly.types import ImportNotes, UnknownProperty
from lab.scenario.language.exchange_objects import EXCHANGE_RECORDS, SHOWN
from lab.scenario.language.mail_flow_rules import RULE
from lab.scenario.syntax.records import RecordSchema
from lab.sentence import sentence

_RECORDS: Mapping[str, RecordSchema] = {**EXCHANGE_RECORDS, RULE.name: RULE}
RULE_ACTIONS = frozenset(
    """
    AddManagerAsRecipientType AddToRecipients ApplyClassification ApplyHtmlDisclaimerFallbackAction
    ApplyHtmlDisclaimerLocation ApplyOME ApplyRightsProtectionCustomizationTemplate ApplyRightsProtectionTemplate
    CopyTo Disconnect GenerateIncidentReport GenerateNotification IncidentReportContent IncidentReportOriginalMail
    LogEventText ModerateMessageByManager ModerateMessageByUser NotifySender Quarantine RemoveOME RemoveOMEv2
    RemoveRMSAttachmentEncryption RouteMessageOutboundRequireTls SetAuditSeverity SmtpRejectMessageRejectStatusCode
    SmtpRejectMessageRejectText SenderNotificationType DlpPolicy DlpPolicyId
    """.lower().split()
)
"""Actions of mail flow rules that the lab does not do; without them a rule does less, and to no other mail."""
RULE_DETAILS = SHOWN | frozenset(
    """
    ActivationDate Actions Comments ConditionDescription Conditions CreatedBy Description Exceptions ExpiryDate Identity
    ImmutableId IsRuleConfigurationSupported LastModifiedBy ManuallyModified RecipientAddressType RuleErrorAction
    RuleErrorDescription RuleSubType RuleVersion SenderAddressLocation Size UseLegacyRegex RunspaceId PSComputerName
    PSShowComputerName ADComparisonAttribute ADComparisonOperator OriginatingServer Workload
    """.lower().split()
)
"""What `Get-TransportRule` shows of a rule that says neither for which mail it is nor what it does."""

_BESIDE = """
    Ensure IsSingleInstance RunspaceId PSComputerName PSShowComputerName OriginatingServer ExchangeObjectId ExchangeVersion ObjectState
    OrganizationalUnitRoot AdminDisplayName CorrelationId IsDirSynced DirSyncId PSSourceJobInstanceId
"""
_RECIPIENT = """
    Alias Name DisplayName SamAccountName UserPrincipalName WindowsEmailAddress WindowsLiveID MicrosoftOnlineServicesID
    NetID SKUAssigned SKUCapability LegacyExchangeDN RecipientType RecipientTypeDetails EmailAddressPolicyEnabled
    HiddenFromAddressListsEnabled HiddenFromAddressListsValue AddressListMembership AddressBookPolicy ExternalDirectoryObjectId
    AcceptMessagesOnlyFromDLMembers AcceptMessagesOnlyFromDLMembersWithDisplayNames
    AcceptMessagesOnlyFromSendersOrMembersWithDisplayNames AcceptMessagesOnlyFromWithDisplayNames
    AcceptMessagesOnlyFromSendersOrMembers
    RejectMessagesFromDLMembers GrantSendOnBehalfTo GrantSendOnBehalfToWithDisplayNames ModeratedBy
    BypassModerationFromSendersOrMembers BypassModerationFrom BypassModerationFromDLMembers SendModerationNotifications
    ModeratedByWithDisplayNames ArbitrationMailbox MailTip MailTipTranslations SimpleDisplayName PoliciesIncluded
    PoliciesExcluded Extensions HasPicture HasSpokenName UMDtmfMap Languages MaxSendSize MaxReceiveSize RecipientLimits
    OrganizationalUnit AdministrativeUnits UserCertificate UserSMimeCertificate LastExchangeChangedTime Office Company
    Department City StateOrProvince PostalCode CountryOrRegion FirstName LastName Title Phone Manager MessageFormat
    MessageBodyFormat MacAttachmentFormat UseMapiRichTextFormat UsePreferMessageFormat MaxRecipientPerMessage ImmutableId
    InformationBarrierMode InformationBarrierSegments HasActiveSyncDevicePartnership ObjectCategory MailboxProvisioningConstraint
    MailboxProvisioningPreferences MailboxRegion MailboxRegionLastUpdateTime UsageLocation Notes Capabilities
    IdentityLocalized RecipientLocation SafeSendersHash SafeRecipientsHash BlockedSendersHash ServerLegacyDN ServerName
    DatabaseName Database RemotePowerShellEnabled EmailAddressDisplayNames ManagedBy ManagedByWithDisplayNames Guid Sid
    SidHistory MasterAccountSid ResourceType UserAccountControl AuthenticationPolicy MasteredOnPremise MasteredAttributes
    AcceptMessagesOnlyFromSendersOrMembersRaw ExchangeGuid ExchangeSecurityDescriptor ExchangeUserAccountControl
    DataEncryptionPolicy MailboxMoveTargetMDB MailboxMoveSourceMDB MailboxMoveFlags MailboxMoveRemoteHostName
    MailboxMoveBatchName MailboxMoveStatus DeletedItemFlags ProtocolSettings OtherTelephone WebPage Fax HomePhone Initials
    MobilePhone Pager AssistantName StreetAddress
"""
_WITH_ARCHIVE = """
    ArchiveGuid ArchiveName ArchiveQuota ArchiveWarningQuota ArchiveStatus ArchiveState ArchiveDatabase ArchiveRelease
    DisabledArchiveGuid DisabledArchiveDatabase JournalArchiveAddress LitigationHoldEnabled LitigationHoldDate
    LitigationHoldOwner RetentionComment RetentionUrl InPlaceHolds InPlaceHoldsRaw RecoverableItemsQuota
    RecoverableItemsWarningQuota AggregatedMailboxGuids AccountDisabled CalendarVersionStoreDisabled
    RetainDeletedItemsFor UnifiedMailbox SingleItemRecoveryEnabled DeliverToMailboxAndForward ResetPasswordOnNextLogon
    StsRefreshTokensValidFrom PreviousRecipientTypeDetails PersistedCapabilities ExternalOofOptions
    OrphanSoftDeleteTrackingTime
"""
_PROPERTIES: Mapping[str, str] = {
    "AcceptedDomain": "Name DomainName LiveIdInstanceType EnableNego2Authentication PerimeterDuplicateDetected DefaultObjectId",
    "ArcConfig": "ArcTrustedSealers IsBuiltIn Name RecommendedPolicyType State Enabled",
    "DistributionGroup": _RECIPIENT
    + """
        GroupType MemberJoinRestriction MemberDepartRestriction ReportToManagerEnabled ReportToOriginatorEnabled
        SendOofMessageToOriginatorEnabled BypassNestedModerationEnabled IsDirSynced HiddenGroupMembershipEnabled
        ExpansionServer BccBlocked Members MembersSMTP MembersName DescriptionExternal Description RoomList
    """,
    "DkimSigningConfig": """
        Domain Enabled Status Selector1CNAME Selector2CNAME Selector1KeySize Selector2KeySize Selector1PublicKey
        Selector2PublicKey HeaderCanonicalization BodyCanonicalization Algorithm NumberOfBytesToSign IncludeSignatureCreationTime
        IncludeKeyExpiration KeyCreationTime LastChecked RotateOnDate SelectorBeforeRotateOnDate SelectorAfterRotateOnDate
        IsDefault Name
    """,
    "DynamicDistributionGroup": _RECIPIENT,
    "ExchangeCertificate": """
        AccessRules CertificateDomains CertificateDomainStrings CertificateRequest IisServices IsSelfSigned KeyIdentifier
        RootCAType Services ServicesStringForm Status SubjectKeyIdentifier PrivateKeyExportable Archived Extensions
        FriendlyName IssuerName NotAfter NotBefore HasPrivateKey PrivateKey PublicKey RawData SerialNumber SubjectName
        SignatureAlgorithm Thumbprint Version Handle Issuer Subject DateTimeFormatted PublicKeySize DnsNameList
        EnhancedKeyUsageList SendAsTrustedIssuer ServicesEnabled Server RequestFile
    """,
    "ExchangeServer": """
        Name Fqdn Domain Site Edition AdminDisplayVersion ServerRole IsHubTransportServer IsMailboxServer IsClientAccessServer
        IsEdgeServer IsUnifiedMessagingServer IsFrontendTransportServer IsProvisionedServer IsE14OrLater IsE15OrLater
        IsExchange2007OrLater NetworkAddress OrganizationalUnit ExchangeLegacyDN ExchangeLegacyServerRole DataPath ProductID
        IsExchangeTrialEdition IsExpiredExchangeTrialEdition RemainingTrialPeriod CustomerFeedbackEnabled ErrorReportingEnabled
        StaticDomainControllers StaticGlobalCatalogs StaticConfigDomainController StaticExcludedDomainControllers
        CurrentDomainControllers CurrentGlobalCatalogs CurrentConfigDomainController InternetWebProxy
        InternetWebProxyBypassList MonitoringGroup MailboxProvisioningAttributes WorkloadManagementPolicy
        RidMasterInformation MitigationsEnabled MitigationsApplied MitigationsBlocked DataCollectionEnabled
        DiagnosticDataLastUpdated
    """,
    "HybridConfiguration": """
        ClientAccessServers EdgeTransportServers ReceivingTransportServers SendingTransportServers OnPremisesSmartHost Domains
        Features ExternalIPAddresses TlsCertificateName ServiceInstance TransportServers SecureMailCertificateThumbprint Name
    """,
    "InboundConnector": """
        DetectSenderIPBySkippingLastIP DetectSenderIPBySkippingTheseIPs DetectSenderIPBySkippingTheseProviders
        DetectSenderIPRecipientList AssociatedAcceptedDomains TrustedOrganizations ClientHostNames
    """,
    "MailContact": _RECIPIENT,
    "MailUser": f"{_RECIPIENT} {_WITH_ARCHIVE} LitigationHoldDuration ComplianceTagHoldApplied DelayHoldApplied DelayReleaseHoldApplied GuestInfo OtherMail",
    "Mailbox": f"{_RECIPIENT} DeliverToMailboxAndForward ForwardingSmtpAddress ImListMigrationCompleted",
    "OrganizationConfig": "Name RejectDirectSend PreferredDataLocation DefaultMailboxRegion AllowedMailboxRegions",
    "OrganizationRelationship": "",
    "OutboundConnector": "ConnectorType MtaStsMode SmtpDaneMode",
    "ReceiveConnector": "Identity Server AcceptConsumerMail AuthTarpitInterval",
    "Recipient": _RECIPIENT,
    "RemoteMailbox": f"{_RECIPIENT} {_WITH_ARCHIVE} RemoteRecipientType RemoteRoutingAddress OnPremisesOrganizationalUnit",
    "RemoteDomain": "IsCoexistenceDomain DomainNameAsString ObjectCategory AllowedOOFType",
    "SendConnector": "HomeMTA Identity",
    "TransportConfig": "",
    "UnifiedGroup": _RECIPIENT
    + """
        AccessType AllowAddGuests AlwaysSubscribeMembersToCalendarEvents AuditLogAgeLimit AutoSubscribeNewMembers CalendarMemberReadOnly
        CalendarUrl Classification ConnectorsEnabled Database ExchangeGuid ExpirationTime GroupExternalMemberCount
        GroupMemberCount GroupPersonification GroupSKU GroupType HiddenFromExchangeClientsEnabled InboxUrl InformationBarrierMode
        IsExternalResourcesPublished IsMailboxConfigured IsMembershipDynamic Language MailboxProvisioningConstraint
        ManagedByDetails Members MigrationToUnifiedGroupInProgress ModerationEnabled OwnersFolderUrl PeopleUrl PhotoUrl
        SensitivityLabel SharePointDocumentsUrl SharePointNotebookUrl SharePointSiteUrl SubscriptionEnabled WelcomeMessageEnabled
        WhenSoftDeleted YammerEmailAddress HiddenGroupMembershipEnabled ResourceProvisioningOptions ResourceBehaviorOptions
        CreationOptions EmailAddresses FolderStats AllowAddGuestsToGroup DisplayNameLocalized Description
    """,
}
_DIRECTORY = "AcceptMessagesOnlyFrom EmailAddresses PrimarySmtpAddress RequireSenderAuthenticationEnabled ExternalEmailAddress"
_FAMILIES: Mapping[str, str] = {
    "": r"(Extension)?CustomAttribute\d+|MailTip.*|.*@odata\.type|_\w+|OneOffSupervision.*|Send(or)?OnBehalf.*",
    "Mailbox": (
        r"Audit.*|Archive.*|AutoExpandingArchive.*|Calendar.*|Compliance.*|Default\w*(Public|Audit)?\w*|Delay.*|Disabled.*"
        r"|EffectivePublic.*|Elc.*|Email.*Policy.*|EndDate.*|Enforced.*|Forest.*|Has.*|HoldT.*|InactiveMailbox.*|Is[A-Z].*"
        r"|Issue.*|Journal.*|Linked.*|Litigation.*|LastE.*|Mailbox.*|Max.*|Message(Copy|Recall|Tracking).*|Microsoft.*|Non.*"
        r"|Office.*|Offline.*|OldMailbox.*|Orphan.*|Persisted.*|Pitr.*|Previous.*|Prohibit.*|Protocol.*|Query.*|Reconciliation.*"
        r"|Recoverable.*|Remote.*|Reset.*|Resource.*|Retain.*|Retention.*|Role.*|Room.*|Rules.*|Scl.*|AntispamBypass.*|Server.*"
        r"|Sharing.*|Single.*|Source.*|Start.*|Stamped.*|Sts.*|Throttling.*|UM.*|Unified.*|Use.*|When.*|Aggregated.*|Auxiliary.*"
        r"|Account.*|Admin.*|Accumulated.*|Allow.*|Downgrade.*|Immutable.*|InPlace.*|Generate.*|Group.*|Hab.*|Managed.*"
        r"|Ext.*|External.*|Database.*|Data.*|Enterprise.*|Language.*|Managed.*|Provisioned.*|Recipient.*|Workload.*|ActiveSync.*"
    ),
    "OrganizationConfig": r".*",
    "OrganizationRelationship": r".*",
    "TransportConfig": r".*",
    "Recipient": r"Archive.*|Expansion.*|Owa.*|ActiveSync.*|When.*|UM.*|Mailbox.*|Litigation.*|External.*|.*Policy|Should.*|.*Release",
    "MailUser": r"Mailbox.*|Is[A-Z].*|When.*|Provisioned.*",
    "RemoteMailbox": r"Mailbox.*|Is[A-Z].*|When.*|Provisioned.*",
    "DistributionGroup": r"When.*|Is[A-Z].*|Mailbox.*",
    "UnifiedGroup": r"When.*|Is[A-Z].*|Mailbox.*|AuditL.*|Data.*",
    "DynamicDistributionGroup": r"Conditional.*|RecipientFilter.*|RecipientContainer|IncludedRecipients|Ldap.*|FilterType|When.*|Is[A-Z].*"
    r"|Report.*|SendOof.*|ExpansionServer|CalculatedMemberCount|GroupMemberCount",
}
"""Families of properties that decide nothing, by kind; settings of mail flow among them are told by `_MATTERS`."""
_USUAL: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "InboundConnector": {"EFTestMode": ("false",), "ScanAndDropRecipients": ()},
    "OutboundConnector": {"MtaStsMode": ("opportunistic",), "SmtpDaneMode": ("opportunistic",)},
    "SendConnector": {
        "ForceHELO": ("false",), "IgnoreSTARTTLS": ("false",), "DomainSecureEnabled": ("false",), "Port": ("25",),
        "IsScopedConnector": ("false",), "ErrorPolicies": ("default", "0"), "SourceIPAddress": ("0.0.0.0",),  # noqa: S104 - what it prints for none
        "SmartHostAuthMechanism": ("none", "0"), "UseExternalDNSServersEnabled": ("false",),
    },
    "AcceptedDomain": {
        "OutboundOnly": ("false",), "CatchAllRecipientID": (), "SendingFromDomainDisabled": ("false",),
        "SendingToDomainDisabled": ("false",), "PendingRemoval": ("false",), "MailFlowPartner": (),
    },
    "RemoteDomain": {"AutoForwardEnabled": ("true",), "NDREnabled": ("true",)},
    "TransportConfig": {"TLSReceiveDomainSecureList": (), "TLSSendDomainSecureList": (), "InternalSMTPServers": ()},
    "Mailbox": {"ForwardingAddress": (), "RejectMessagesFrom": (), "ModerationEnabled": ("false",)},
    "RemoteMailbox": {"ForwardingAddress": (), "RejectMessagesFrom": (), "ModerationEnabled": ("false",)},
    "MailUser": {"ForwardingAddress": (), "RejectMessagesFrom": (), "ModerationEnabled": ("false",)},
    "DistributionGroup": {"RejectMessagesFrom": (), "ModerationEnabled": ("false",)},
    "TransportRule": {"SenderAddressLocation": ("header", "0"), "RuleErrorAction": ("ignore", "0")},
}  # fmt: skip
"""Settings that do change the way of mail, and that the lab does not have: their usual values, empty for none."""


def _known(kind: str) -> frozenset[str]:
    record = _RECORDS.get(kind)
    own = {key.name.lower() for key in record.keys} | record.not_emulated if record else set()
    listed = f"{_BESIDE} {_DIRECTORY} {_PROPERTIES.get(kind, '')} {' '.join(_USUAL.get(kind, ()))}"
    rules = RULE_ACTIONS | RULE_DETAILS if kind == "TransportRule" else frozenset()
    return SHOWN | own | rules | frozenset(listed.lower().split())


_KNOWN = {kind: _known(kind) for kind in (*_PROPERTIES, "TransportRule")}
_PATTERNS = {
    kind: re.compile(f"{_FAMILIES['']}|{_FAMILIES.get(kind, '(?!)')}", re.IGNORECASE) for kind in _KNOWN
}


def unknown(objects: Iterable[ExportedProperties]) -> tuple[UnknownProperty, ...]:
    """Properties that say something and that nobody here knows, sorted; conditions of mail flow rules are told there."""
    times: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for exported in objects:
        for name in _strange(exported):
            times[exported.kind, name] += 1
            examples.setdefault((exported.kind, name), shown(exported.value(name)))
    return tuple(
        UnknownProperty(kind=kind, name=name, times=count, example=examples[kind, name])
        for (kind, name), count in sorted(times.items())
    )


def _strange(given: ExportedProperties) -> Iterator[str]:
    if given.kind not in _KNOWN or given.kind == "TransportRule":
        return
    for name in given.names:
        is_known = name.lower() in _KNOWN[given.kind] or _PATTERNS[given.kind].fullmatch(name)
        if not is_known and given.value(name) is not None:
            yield name


def unusual(objects: Iterable[ExportedProperties], notes: ImportNotes) -> None:
    """Tell of settings that change the way of mail, and that the lab does not have."""
    for given in objects:
        for name, values in _USUAL.get(given.kind, {}).items():
            value = given.value(name)
            if value is not None and given.text(name).lower() not in values:
                short = shown(value)
                text = sentence("{name} is {value}, which the lab does not emulate", name=name, value=short)
                notes.about(given, text)

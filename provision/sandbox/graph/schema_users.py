"""What a user shows and may be asked by. People are made by the sandbox: most that $select adds is null."""

from __future__ import annotations

from provision.sandbox.graph.entity import EntityType

_SHOWN = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
_MORE = """
    accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo certificateUserIds city companyName
    consentProvidedForMinor country createdDateTime creationType customSecurityAttributes deletedDateTime department
    employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState
    externalUserStateChangeDateTime faxNumber identities imAddresses isManagementRestricted isResourceAccount
    lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mailNickname
    onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId
    onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier
    onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies passwordProfile postalCode
    preferredDataLocation provisionedPlans proxyAddresses securityIdentifier serviceProvisioningErrors
    showInAddressList signInSessionsValidFromDateTime state streetAddress usageLocation userType
"""
COLLECTIONS = (
    "businessPhones",
    "certificateUserIds",
    "imAddresses",
    "licenseAssignmentStates",
    "onPremisesProvisioningErrors",
    "otherMails",
    "provisionedPlans",
    "serviceProvisioningErrors",
)
"""Empty rather than null."""
OF_ONE = frozenset(
    {
        "aboutMe",
        "birthday",
        "hireDate",
        "interests",
        "mySite",
        "pastProjects",
        "preferredName",
        "responsibilities",
        "schools",
        "skills",
        "mailboxSettings",
    }
)
"""They are shown of a single user only: 501 for a list (user-list.md)."""
USER = EntityType(
    name="user",
    properties=(*_SHOWN, *_MORE.split()),
    shown=_SHOWN,
    sortable={"createdDateTime": "A", "deletedDateTime": "A", "displayName": "D", "userPrincipalName": "D"},
    filters={
        "accountEnabled": "D---",
        "ageGroup": "D---",
        "assignedLicenses/any/skuId": "D---",
        "assignedPlans/any/capabilityStatus": "A---",
        "assignedPlans/any/service": "AA--",
        "assignedPlans/any/servicePlanId": "A---",
        "businessPhones/any": "AA--",
        "certificateUserIds/any": "AA--",  # startsWith: by filter-query-parameter.md
        "city": "DD-A",
        "companyName": "AA-A",
        "consentProvidedForMinor": "D---",
        "country": "DD-A",
        "createdDateTime": "D-DA",
        "creationType": "D---",
        "department": "DD-A",
        "displayName": "DD-A",
        "employeeHireDate": "A-A-",
        "employeeId": "D--A",
        "employeeType": "A---",
        "externalUserState": "D---",
        "faxNumber": "AA-A",
        "givenName": "DD-A",
        "id": "D---",
        "identities/any/issuer": "D---",
        "identities/any/issuerAssignedId": "D---",  # by user-list.md
        "imAddresses/any": "DD--",
        "isResourceAccount": "D---",
        "jobTitle": "DD-A",
        "mail": "DD-A",
        "mailNickname": "DD-A",
        "mobilePhone": "AA-A",
        "officeLocation": "AA-A",
        "onPremisesLastSyncDateTime": "D-D-",
        "onPremisesSamAccountName": "AA--",
        "onPremisesSecurityIdentifier": "D--A",
        "onPremisesSyncEnabled": "D--A",
        "otherMails/any": "DD--",
        "passwordPolicies": "---A",
        "postalCode": "AA-A",
        "preferredLanguage": "AA-A",
        "proxyAddresses/any": "DD--",
        "showInAddressList": "A---",
        "state": "D--A",
        "streetAddress": "AA-A",
        "surname": "DD-A",
        "usageLocation": "DD-A",
        "userPrincipalName": "DD--",
        "userType": "D--A",
    },
    counts={"assignedLicenses/$count": "A-", "otherMails/$count": "A-", "proxyAddresses/$count": "A-"},
)
ENDS_WITH = {"mail", "otherMails/any", "userPrincipalName", "proxyAddresses/any"}  # aad-advanced-queries.md
